import type { WorkloadSize } from "../cluster/workload.ts";

/** In the order they run in. */
export const stepNames = ["cold", "change", "churn", "idle", "restart", "flush"] as const;
export type StepName = (typeof stepNames)[number];

/** One process of the benchmark: one proxy and one size of cluster in a network namespace of its own. */
export interface CaseDescription {
  readonly proxy: "kubesteer";
  /** Program of our agent; absolute. */
  readonly agent: string;
  readonly size: WorkloadSize;
  /** Every case begins with a cold start; it is reported when asked for. */
  readonly steps: readonly StepName[];
  /** Exists; for logs and state. */
  readonly folder: string;
}

/** Our own program wrote it. */
export function parseCaseDescription(json: string): CaseDescription {
  return JSON.parse(json) as CaseDescription;
}
