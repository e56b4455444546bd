import type { Meter } from "@opentelemetry/api";
import type { ProxyMode } from "../../crds/api.ts";

export interface DriftMetrics {
  countChange(mode: ProxyMode): void;
  countRepair(mode: ProxyMode): void;
}

/** @param drifted the modes that can notice them, and whether external changes may be in the kernel */
export function createDriftMetrics(
  meter: Meter,
  drifted: () => ReadonlyMap<ProxyMode, boolean>,
): DriftMetrics {
  const changes = meter.createCounter("kubesteer_drift_detected", {
    description: "External changes of our kernel state, by mode",
  });
  const repairs = meter.createCounter("kubesteer_drift_repairs", {
    description: "Times our kernel state was rewritten after an external change, by mode",
  });
  meter
    .createObservableGauge("kubesteer_drifted", {
      description: "1 while external changes may be in the kernel, otherwise 0, by mode",
    })
    .addCallback((result) => {
      for (const [mode, isDrifted] of drifted()) result.observe(isDrifted ? 1 : 0, { mode });
    });
  return {
    countChange: (mode) => changes.add(1, { mode }),
    countRepair: (mode) => repairs.add(1, { mode }),
  };
}
