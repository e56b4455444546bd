import type { Meter } from "@opentelemetry/api";
import type { IpFamily } from "../../platform/ip/address.ts";
import { syncLatencyBuckets } from "../../platform/telemetry/metrics.ts";

export interface ConntrackMetrics {
  /** One reading of the flows of a family. */
  record(family: IpFamily, result: { readonly durationMs: number; readonly deleted: number }): void;
}

/** The repair of UDP flows, under kube-proxy's names. */
export function createConntrackMetrics(meter: Meter): ConntrackMetrics {
  const duration = meter.createHistogram("kubeproxy_conntrack_reconciler_sync_duration_seconds", {
    description: "Time to find and delete UDP flows to endpoints that do not answer any more",
    advice: { explicitBucketBoundaries: [...syncLatencyBuckets] },
  });
  const deletedEntries = meter.createCounter("kubeproxy_conntrack_reconciler_deleted_entries", {
    description: "UDP flows deleted because their endpoint does not answer any more",
  });
  return {
    record(family, { durationMs, deleted }) {
      duration.record(durationMs / 1000, { ip_family: family });
      deletedEntries.add(deleted, { ip_family: family });
    },
  };
}
