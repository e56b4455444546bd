import type { Meter } from "@opentelemetry/api";

export interface DriftMetrics {
  countChange(): void;
  countRepair(): void;
}

/** @param isDrifted whether foreign changes may be in the kernel */
export function createDriftMetrics(meter: Meter, isDrifted: () => boolean): DriftMetrics {
  const changes = meter.createCounter("kubesteer_drift_detected", {
    description: "Changes that others made to our kernel state",
  });
  const repairs = meter.createCounter("kubesteer_drift_repairs", {
    description: "Times our kernel state was programmed anew after others had changed it",
  });
  meter
    .createObservableGauge("kubesteer_drifted", {
      description: "1 while changes that others made may be in the kernel, otherwise 0",
    })
    .addCallback((result) => result.observe(isDrifted() ? 1 : 0));
  return {
    countChange: () => changes.add(1),
    countRepair: () => repairs.add(1),
  };
}
