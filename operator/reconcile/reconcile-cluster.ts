import type { Clock } from "../../platform/async/clock.ts";
import type { Result } from "../../platform/async/work-queue.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { OperatorMetrics } from "../http/metrics.ts";
import { planCluster } from "../plan/plan-cluster.ts";
import { performWrite, type WriteTargets } from "../write/perform-write.ts";
import { listWrites, type PlannedWrite } from "../write/planned-write.ts";
import type { RetrySchedule } from "../write/retry-schedule.ts";
import { runBounded } from "../write/run-bounded.ts";
import { mayWrite, stagesOf, writesToTry } from "../write/write-order.ts";

const concurrentWrites = 16;

/** Plans again after this many writes, so that a large rollout shows its progress. */
const writesPerRound = 500;

export interface ReconcileOptions extends WriteTargets {
  readonly retries: RetrySchedule;
  readonly metrics: OperatorMetrics;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** One round: plans from the current state, then writes. Each failed write is retried on its own schedule. */
export async function reconcileCluster(options: ReconcileOptions): Promise<Result> {
  const { cache, clock, retries, metrics, log } = options;
  if (!cache.showsOwnWrites) return { kind: "done" }; // a change follows when it does
  const startedMs = clock.monotonicMs();
  const plan = planCluster({ ...cache.view(clock.now()), failedWrites: retries.reasons() });
  const writes = listWrites(plan);
  retries.retain(new Set(writes.map(({ key }) => key)));
  const due = writesToTry(writes, (key) => retries.isDue(key, startedMs));
  const round = due.slice(0, writesPerRound);
  const attempts = await runStages(round, { writes, options });
  const nowMs = clock.monotonicMs();
  metrics.reconciled({ durationMs: nowMs - startedMs, plan, waitingWrites: writes.length - attempts });
  log.debug({ writes: attempts, durationMs: Math.round(nowMs - startedMs) }, "reconciled");
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

/**
 * Makes the writes of a round, stage by stage. Skips those that follow a write that was not made.
 *
 * @returns how many were attempted
 */
async function runStages(
  round: readonly PlannedWrite[],
  { writes, options }: { readonly writes: readonly PlannedWrite[]; readonly options: ReconcileOptions },
): Promise<number> {
  const unwritten = new Set(writes.map(({ key }) => key));
  let attempts = 0;
  for (const stage of stagesOf(round)) {
    const ready = stage.filter((write) => mayWrite(write, unwritten));
    attempts += ready.length;
    await runBounded(ready, {
      concurrency: concurrentWrites,
      work: async (write) => {
        if (!options.signal.aborted && (await attempt(write, options))) unwritten.delete(write.key);
      },
    });
  }
  return attempts;
}

/** @returns whether it was written */
async function attempt(write: PlannedWrite, options: ReconcileOptions): Promise<boolean> {
  const { retries, metrics, clock, log, signal } = options;
  const { key, resource, verb, name, task } = write;
  try {
    await performWrite(task, options, signal);
    retries.succeeded(key);
    metrics.wrote(write, "success");
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    const reason = errorMessage(error);
    const delayMs = Math.round(retries.failed(key, { nowMs: clock.monotonicMs(), reason }));
    metrics.wrote(write, "failure");
    log.warn({ resource, verb, name, reason, delayMs }, "write failed, trying again");
    return false;
  }
}
