import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { Result } from "../../platform/async/work-queue.ts";
import type { OperatorMetrics } from "../http/metrics.ts";
import { planWrites, type PlannedWrite, type WriteTargets } from "../write/plan-writes.ts";
import { planCluster } from "../plan/plan-cluster.ts";
import type { RetrySchedule } from "../write/retry-schedule.ts";
import { runBounded } from "../write/run-bounded.ts";

const concurrentWrites = 16;

/** After so many writes the plan is made again, so that a large rollout shows its progress. */
const writesPerRound = 500;

export interface ReconcileOptions extends WriteTargets {
  readonly retries: RetrySchedule;
  readonly metrics: OperatorMetrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One round: plan from what is known now, then write. A write that fails waits for its own next attempt. */
export async function reconcileCluster(options: ReconcileOptions): Promise<Result> {
  const { cache, clock, retries, metrics, log, signal } = options;
  if (!cache.showsOwnWrites) return { kind: "done" }; // until it does, which is a change
  const startedMs = clock.monotonicMs();
  const plan = planCluster(cache.view(clock.now()));
  const writes = planWrites(plan, options);
  retries.retain(new Set(writes.map(({ key }) => key)));
  const due = writes.filter(({ key }) => retries.isDue(key, startedMs));
  const round = due.slice(0, writesPerRound);
  await runBounded(round, {
    concurrency: concurrentWrites,
    work: async (write) => {
      if (!signal.aborted) await attempt(write, options);
    },
  });
  const nowMs = clock.monotonicMs();
  metrics.reconciled({ durationMs: nowMs - startedMs, plan, waitingWrites: writes.length - round.length });
  log.debug({ writes: round.length, durationMs: Math.round(nowMs - startedMs) }, "reconciled");
  const delaysMs = [
    due.length > round.length ? 0 : undefined,
    plan.nextLookAtMs === undefined ? undefined : plan.nextLookAtMs - clock.now(),
    until(retries.nextDueMs(), nowMs),
  ].filter((delayMs) => delayMs !== undefined);
  if (delaysMs.length === 0) return { kind: "done" };
  return { kind: "requeueAfter", delayMs: Math.max(0, Math.min(...delaysMs)) };
}

function until(dueMs: number | undefined, nowMs: number): number | undefined {
  return dueMs === undefined ? undefined : dueMs - nowMs;
}

async function attempt(
  write: PlannedWrite,
  { retries, metrics, clock, log, signal }: ReconcileOptions,
): Promise<void> {
  try {
    await write.run(signal);
    retries.succeeded(write.key);
    metrics.wrote(write, "success");
  } catch (error) {
    if (signal.aborted) return;
    const delayMs = Math.round(retries.failed(write.key, clock.monotonicMs()));
    metrics.wrote(write, "failure");
    const { resource, verb, name } = write;
    log.warn({ resource, verb, name, reason: errorMessage(error), delayMs }, "write failed, trying again");
  }
}
