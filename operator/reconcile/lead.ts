import type { KubeConfig } from "@kubernetes/client-node";
import { createWorkQueue, type WorkQueue } from "../../platform/async/work-queue.ts";
import type { Tracing } from "../../platform/telemetry/traces.ts";
import { ClusterCache } from "../watch/cluster-cache.ts";
import { ClusterWatcher } from "../watch/cluster-watcher.ts";
import { reconcileCluster, type ReconcileOptions } from "./reconcile-cluster.ts";
import { RetrySchedule } from "../write/retry-schedule.ts";

/** One plan covers everything, so one key is enough; the queue adds coalescing, delays and back-off. */
const clusterKey = "cluster";

const backoff = { baseDelayMs: 1_000, maxDelayMs: 60_000 };

/** Shortest pause between two rounds: changes within it are planned together. */
const pauseMs = 100;

export interface LeadOptions extends Omit<ReconcileOptions, "cache" | "retries" | "signal"> {
  readonly kubeConfig: KubeConfig;
  readonly tracing: Tracing;
}

/**
 * Does the leader's work until `signal` aborts: lists the cluster, plans and writes a round, and repeats this after every
 * change. It keeps nothing from an earlier term: a watch from then may have died unnoticed, and a plan from its last state
 * would undo later changes.
 */
export async function lead(options: LeadOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, metrics, tracing } = options;
  const queue: WorkQueue<typeof clusterKey> = createWorkQueue({ clock, ...backoff });
  const retries = new RetrySchedule(backoff);
  const cache = new ClusterCache({ clock, onChange: () => queue.add(clusterKey) });
  const watcher = new ClusterWatcher({ ...options, cache });
  watcher.stopOn(signal);
  metrics.setLeader(true);
  await watcher.start();
  if (!signal.aborted) log.info({}, "knows the cluster");
  queue.add(clusterKey);
  await queue.run(
    async () => {
      const result = await tracing.inSpan("reconcile", {}, () =>
        reconcileCluster({ ...options, cache, retries, signal }),
      );
      await clock.sleep(pauseMs, signal);
      return result;
    },
    { concurrency: 1, log, signal },
  );
  await watcher.stopped();
  metrics.setLeader(false);
}
