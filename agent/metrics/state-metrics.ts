import type { Meter } from "@opentelemetry/api";
import type { DesiredState } from "../services/desired-state.ts";
import type { RunningMode } from "../sync/routed-sync.ts";
import type { SyncSuccess } from "../sync/sync-outcome.ts";
import { countWithoutLocalEndpoints } from "./count-without-local-endpoints.ts";

/** What the gauges show, read at each scrape. */
export interface StateSources {
  readonly lastSuccess: () => SyncSuccess | undefined;
  /** undefined before the first sync. */
  readonly desired: () => DesiredState | undefined;
  /** Items of Services and EndpointSlices that are left out because they are wrong. */
  readonly problemCount: () => number;
  /** When the Services were stored that are served until the API server answers, milliseconds since the epoch; else undefined. */
  readonly staleSinceMs: () => number | undefined;
}

/** Gauges of what is in the kernel. Nothing is shown before the first successful sync. */
export function observeState(meter: Meter, sources: StateSources): void {
  const { lastSuccess, desired, problemCount, staleSinceMs } = sources;
  const gauge = (name: string, description: string, value: () => number | undefined) => {
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      const current = value();
      if (current !== undefined) result.observe(current);
    });
  };
  gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "End of the newest successful sync", () => {
    const at = lastSuccess()?.at;
    return at === undefined ? undefined : at / 1000;
  });
  gauge("kubesteer_services", "Services known to the agent", () => desired()?.services.size);
  gauge(
    "kubesteer_unsupported_features",
    "What Services ask for and do not get from the mode that serves them",
    () => lastSuccess()?.report.unsupported.length,
  );
  gauge(
    "kubesteer_service_problems",
    "Items of Services that are left out because they are wrong",
    problemCount,
  );
  gauge(
    "kubesteer_stale_since_timestamp_seconds",
    "When the Services were stored that are served because the API server has not answered since the start; else 0",
    () => (staleSinceMs() ?? 0) / 1000,
  );
  meter
    .createObservableGauge("kubeproxy_sync_proxy_rules_no_local_endpoints_total", {
      description: "Service ports with endpoints, but none on this node, under a Local traffic policy",
    })
    .addCallback((result) => {
      const state = desired();
      if (state === undefined) return;
      const counts = countWithoutLocalEndpoints(state);
      result.observe(counts.internal, { traffic_policy: "internal" });
      result.observe(counts.external, { traffic_policy: "external" });
    });
  observeModes(meter, lastSuccess);
}

/** Gauges with a value for each running mode. */
function observeModes(meter: Meter, lastSuccess: StateSources["lastSuccess"]): void {
  const gauge = (
    name: string,
    description: string,
    value: (mode: RunningMode, success: SyncSuccess) => number,
  ) => {
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      const success = lastSuccess();
      for (const mode of success?.modes ?? []) {
        if (success !== undefined) result.observe(value(mode, success), { mode: mode.mode });
      }
    });
  };
  gauge("kubesteer_mode_services", "Services that each running mode serves", ({ services }) => services);
  gauge(
    "kubesteer_service_ports",
    "Service ports in the kernel, both IP families, by mode",
    ({ servicePorts }) => servicePorts,
  );
  gauge(
    "kubesteer_endpoints",
    "Endpoints in the kernel, both IP families, by mode",
    ({ endpoints }) => endpoints,
  );
  gauge(
    "kubesteer_rejected_services",
    "Services the kernel refused, by mode",
    ({ mode }, { report }) => report.rejected.filter((refused) => refused.mode === mode).length,
  );
}
