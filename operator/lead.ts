import { createWorkQueue, type WorkQueue } from "../platform/queue/work-queue.ts";
import type { Tracing } from "../platform/telemetry/traces.ts";
import { reconcileCluster, type ReconcileOptions } from "./reconcile-cluster.ts";
import { RetrySchedule } from "./retry-schedule.ts";

/** Everything is planned in one go, so one key is enough; the queue adds coalescing, delays and back-off. */
const clusterKey = "cluster";

const backoff = { baseDelayMs: 1_000, maxDelayMs: 60_000 };

/** Shortest pause between two rounds: what happens meanwhile is planned for once. */
const pauseMs = 100;

export interface LeadOptions extends Omit<ReconcileOptions, "retries" | "signal"> {
  readonly tracing: Tracing;
  /** Calls `listener` for every change in the cluster until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Does the leader's work until `signal` aborts: a round at once, and one after every change. */
export async function lead(options: LeadOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, metrics, subscribe, tracing } = options;
  const queue: WorkQueue<typeof clusterKey> = createWorkQueue({ clock, ...backoff });
  const retries = new RetrySchedule(backoff);
  const unsubscribe = subscribe(() => queue.add(clusterKey));
  metrics.setLeader(true);
  queue.add(clusterKey);
  await queue.run(
    async () => {
      const result = await tracing.inSpan("reconcile", {}, () =>
        reconcileCluster({ ...options, retries, signal }),
      );
      await clock.sleep(pauseMs, signal);
      return result;
    },
    { concurrency: 1, log, signal },
  );
  unsubscribe();
  metrics.setLeader(false);
}
