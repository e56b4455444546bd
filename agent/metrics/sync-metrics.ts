import type { Meter } from "@opentelemetry/api";
import type { ProxyMode } from "../../crds/api.ts";
import { syncLatencyBuckets } from "../../platform/telemetry/metrics.ts";
import type { SyncFailure, SyncOutcome, SyncSuccess } from "../sync/sync-outcome.ts";

/** kube-proxy's buckets for the network programming duration, in seconds. */
const programmingBuckets = [0.25, 0.5, ...steps(1, 59, 1), ...steps(60, 115, 5), ...steps(120, 300, 30)];

export interface SyncMetrics {
  record(outcome: SyncOutcome): void;
}

/**
 * What each sync adds to the metrics, under kube-proxy's names where the meaning is the same; a sync is for both IP families,
 * so there is no label ip_family.
 *
 * @param startedAt start of the agent, milliseconds since the epoch; endpoint changes before it are not its latency
 */
export function createSyncMetrics(meter: Meter, startedAt: number): SyncMetrics {
  const histogram = (name: string, description: string, boundaries: readonly number[]) =>
    meter.createHistogram(name, { description, advice: { explicitBucketBoundaries: [...boundaries] } });
  const duration = histogram(
    "kubeproxy_sync_proxy_rules_duration_seconds",
    "Duration of a sync",
    syncLatencyBuckets,
  );
  const scopeDuration = {
    full: histogram(
      "kubeproxy_sync_full_proxy_rules_duration_seconds",
      "Duration of a sync of all Services",
      syncLatencyBuckets,
    ),
    partial: histogram(
      "kubeproxy_sync_partial_proxy_rules_duration_seconds",
      "Duration of a sync of changed Services only",
      syncLatencyBuckets,
    ),
  };
  const programming = histogram(
    "kubeproxy_network_programming_duration_seconds",
    "From the change of an endpoint, as its controller reports it, to the end of the sync",
    programmingBuckets,
  );
  const changeLatency = histogram(
    "kubesteer_change_latency_seconds",
    "From the oldest API event of a sync to its end",
    syncLatencyBuckets,
  );
  const failures = meter.createCounter("kubesteer_sync_failures", { description: "Failed syncs by mode" });
  const nftablesFailures = meter.createCounter("kubeproxy_sync_proxy_rules_nftables_sync_failures", {
    description: "Failed syncs in mode nftables",
  });

  function countFailure(mode: ProxyMode | undefined, reason: SyncFailure["reason"]): void {
    failures.add(1, { mode: mode ?? "none", reason });
    if (mode === "nftables") nftablesFailures.add(1);
  }

  function recordSuccess(success: SyncSuccess): void {
    const seconds = success.durationMs / 1000;
    duration.record(seconds);
    scopeDuration[success.scope].record(seconds);
    if (success.changeLatencyMs !== undefined) changeLatency.record(success.changeLatencyMs / 1000);
    for (const { mode } of success.failing.filter(({ isNew }) => isNew)) countFailure(mode, "SyncFailed");
    for (const triggeredAt of success.triggerTimes.filter((time) => time >= startedAt)) {
      programming.record(Math.max(0, success.at - triggeredAt) / 1000);
    }
  }

  return {
    record(outcome) {
      if (outcome.kind === "success") recordSuccess(outcome);
      else countFailure(outcome.mode, outcome.reason);
    },
  };
}

function steps(first: number, last: number, step: number): readonly number[] {
  return Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step);
}
