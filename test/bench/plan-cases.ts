import { join } from "node:path";
import type { Candidate, CaseDescription } from "./case/case-description.ts";
import type { WorkloadSize } from "./cluster/workload.ts";
import type { BenchOptions } from "./options.ts";

/**
 * More Services with a chain and a set each, in one transaction, lock a CPU in the kernel: for a minute at 10,000, for
 * several at 30,000.
 */
const mostChains = 5_000;
/** A foreign flush is something that kube-proxy does not claim to notice. */
const stepsOfPeer = ["cold", "change", "churn", "idle", "restart"] as const;

/** What to measure, and what not and why. */
export interface Plan {
  readonly cases: readonly CaseDescription[];
  readonly omissions: readonly string[];
}

function fitsPeer({ services }: WorkloadSize): boolean {
  return services <= mostChains;
}

/** Our agent on every size, beside it kube-proxy or, where there is none, its layout of rules. */
export function planCases({ sizes, steps, agent, kubeProxy }: BenchOptions, folder: string): Plan {
  const peer: Candidate =
    kubeProxy === undefined
      ? { kind: "chain-per-service layout" }
      : { kind: "kube-proxy", binary: kubeProxy };
  return {
    cases: sizes.flatMap((size) => {
      const sizeFolder = join(folder, `${size.services}x${size.endpoints}`);
      const own: CaseDescription = {
        candidate: { kind: "kubesteer", program: agent },
        size,
        steps,
        folder: sizeFolder,
      };
      if (!fitsPeer(size)) return [own];
      const peerSteps = stepsOfPeer.filter((step) => steps.includes(step));
      return [own, { ...own, candidate: peer, steps: peerSteps }];
    }),
    omissions: sizes
      .filter((size) => !fitsPeer(size))
      .map(
        ({ services, endpoints }) =>
          `${peer.kind} is not measured with ${services} Services x ${endpoints}: above ${mostChains} Services it locks a CPU in the kernel for a minute or more`,
      ),
  };
}
