import { join } from "node:path";
import type { Candidate, CaseDescription, StepName } from "./case/case-description.ts";
import type { WorkloadSize } from "./cluster/workload.ts";
import type { BenchOptions } from "./options.ts";

/**
 * A transaction with more Services that have a chain and a set each locks a CPU in the kernel: for a minute at 10,000, for
 * several minutes at 30,000.
 */
const mostChains = 5_000;
/** kube-proxy lists its whole table at each sync: above this size, each change takes ten seconds. */
const mostListedEndpoints = 100_000;

/** What to measure, and what not to measure with the reason. */
export interface Plan {
  readonly cases: readonly CaseDescription[];
  readonly omissions: readonly string[];
}

/** Our agent with every size, each together with kube-proxy or, without one, with its layout of rules; traffic last. */
export function planCases(options: BenchOptions, folder: string): Plan {
  const { sizes, trafficSizes, steps } = options;
  const stepsAndSizes = [
    ...sizes.map((size) => ({ size, steps: steps.filter((step) => step !== "traffic") })),
    ...trafficSizes.map((size) => ({ size, steps: steps.filter((step) => step === "traffic") })),
  ];
  const candidates = stepsAndSizes.flatMap(({ size, steps }) =>
    candidatesOf(options).map((candidate) => ({ candidate, size, steps: stepsOf(candidate, steps) })),
  );
  const wanted = candidates.filter((planned) => planned.steps.length > 0);
  return {
    cases: wanted
      .filter(isBearable)
      .map((planned) => ({ ...planned, folder: join(folder, folderOf(planned)) })),
    omissions: [...new Set(wanted.filter((planned) => !isBearable(planned)).map(omissionOf))],
  };
}

type PlannedCase = Omit<CaseDescription, "folder">;

function candidatesOf({ agent, kubeProxy }: BenchOptions): readonly Candidate[] {
  const peer: Candidate =
    kubeProxy === undefined
      ? { kind: "chain-per-service layout" }
      : { kind: "kube-proxy", binary: kubeProxy };
  return [{ kind: "kubesteer", program: agent }, peer];
}

/** The steps that a candidate supports: kube-proxy does not detect an external flush, and rules alone support no step. */
function stepsOf({ kind }: Candidate, steps: readonly StepName[]): readonly StepName[] {
  switch (kind) {
    case "kubesteer":
      return steps;
    case "kube-proxy":
      return steps.filter((step) => step !== "flush");
    case "chain-per-service layout":
      return steps.filter((step) => step === "cold" || step === "change");
  }
}

function isBearable({ candidate, size }: PlannedCase): boolean {
  if (candidate.kind === "kubesteer") return true;
  return size.services <= mostChains && size.services * size.endpoints <= mostListedEndpoints;
}

function omissionOf({ candidate: { kind }, size: { services, endpoints } }: PlannedCase): string {
  const reason =
    services > mostChains
      ? `above ${mostChains} Services it locks a CPU in the kernel for a minute or more`
      : `above ${mostListedEndpoints} endpoints each change takes it ten seconds`;
  return `${kind} is not measured with ${services} Services x ${endpoints}: ${reason}`;
}

function folderOf({ candidate, size, steps }: PlannedCase): string {
  const { services, endpoints }: WorkloadSize = size;
  const kind = candidate.kind.replaceAll(" ", "-");
  return `${kind}-${services}x${endpoints}${steps.includes("traffic") ? "-traffic" : ""}`;
}
