import type { WorkloadSize } from "../cluster/workload.ts";

/** In the order in which they run. */
export const stepNames = ["cold", "change", "churn", "idle", "restart", "flush", "traffic"] as const;
export type StepName = (typeof stepNames)[number];

/** What is measured. */
export type Candidate =
  /** Our agent; `program` is absolute. */
  | { readonly kind: "kubesteer"; readonly program: string }
  /** `binary` is absolute. */
  | { readonly kind: "kube-proxy"; readonly binary: string }
  /** Rules in kube-proxy's layout, without a proxy; has no steps. */
  | { readonly kind: "chain-per-service layout" };

/** One process of the benchmark: one candidate and one cluster size in its own network namespace. */
export interface CaseDescription {
  readonly candidate: Candidate;
  readonly size: WorkloadSize;
  readonly steps: readonly StepName[];
  /** Existing folder for logs and state. */
  readonly folder: string;
}

/** No validation: the text comes from our own program. */
export function parseCaseDescription(json: string): CaseDescription {
  return JSON.parse(json) as CaseDescription;
}
