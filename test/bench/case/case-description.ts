import type { WorkloadSize } from "../cluster/workload.ts";

/** In the order they run in. */
export const stepNames = ["cold", "change", "churn", "idle", "restart", "flush", "traffic"] as const;
export type StepName = (typeof stepNames)[number];

/** What is measured. */
export type Candidate =
  /** Our agent; `program` is absolute. */
  | { readonly kind: "kubesteer"; readonly program: string }
  /** `binary` is absolute. */
  | { readonly kind: "kube-proxy"; readonly binary: string }
  /** Rules as kube-proxy lays them out, without a proxy; has no steps. */
  | { readonly kind: "chain-per-service layout" };

/** One process of the benchmark: one candidate and one size of cluster in a network namespace of its own. */
export interface CaseDescription {
  readonly candidate: Candidate;
  readonly size: WorkloadSize;
  readonly steps: readonly StepName[];
  /** Exists; for logs and state. */
  readonly folder: string;
}

/** Our own program wrote it. */
export function parseCaseDescription(json: string): CaseDescription {
  return JSON.parse(json) as CaseDescription;
}
