import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../../platform/async/clock.ts";

export type ChangedKind = "service" | "endpoint";

export interface ChangeMetrics {
  /** An API event about a Service or an EndpointSlice arrived. */
  count(kind: ChangedKind): void;
  /** A sync starts with all changes so far. */
  takeUp(): void;
}

/** Changes that came from the API server and those that no sync has taken up yet. */
export function createChangeMetrics(meter: Meter, clock: Clock): ChangeMetrics {
  const pending = { service: 0, endpoint: 0 };
  let lastQueuedAt = 0;
  const totals = {
    service: meter.createCounter("kubeproxy_sync_proxy_rules_service_changes", {
      description: "Changes of Services",
    }),
    endpoint: meter.createCounter("kubeproxy_sync_proxy_rules_endpoint_changes", {
      description: "Changes of EndpointSlices",
    }),
  };
  for (const kind of ["service", "endpoint"] as const) {
    meter
      .createObservableGauge(`kubeproxy_sync_proxy_rules_${kind}_changes_pending`, {
        description: "Changes that no sync has taken up yet",
      })
      .addCallback((gauge) => gauge.observe(pending[kind]));
  }
  meter
    .createObservableGauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", {
      description: "When a sync was last asked for",
    })
    .addCallback((gauge) => gauge.observe(lastQueuedAt));
  return {
    count(kind) {
      totals[kind].add(1);
      pending[kind] += 1;
      lastQueuedAt = clock.now() / 1000;
    },
    takeUp() {
      pending.service = 0;
      pending.endpoint = 0;
    },
  };
}
