import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredNodeFamily, UnmatchedPolicy } from "../../services/desired-state.ts";
import { notFromPods } from "./match-pods.ts";
import { chains, containers } from "./names.ts";
import { NftVerdictError } from "./verdict-error.ts";

/** The statement that hides a client behind an address of the node. */
export const masquerade = "masquerade fully-random";

/**
 * For connections to a ClusterIP or a Service range that match no frontend.
 * @throws {NftVerdictError}
 */
export function unmatchedRules(family: NftFamily, { unmatched }: DesiredNodeFamily): readonly string[] {
  return [
    ...passingRules(unmatched.passToOwnAddress),
    `${family} daddr @${containers.elsewhere} return`,
    `${family} daddr @${containers.clusterIPs} ${verdictText(unmatched.undefinedPort)}`,
    verdictText(unmatched.unallocatedAddress),
  ];
}

function verdictText(verdict: "refuse" | "drop"): string {
  return verdict === "drop" ? "drop" : `goto ${chains.noEndpoints}`;
}

/** What the node itself sends has no input interface. */
function passingRules(passes: UnmatchedPolicy["passToOwnAddress"]): readonly string[] {
  const { pod, node, outside } = passes;
  if (!pod && !node && !outside) return [];
  if (!pod || node || !outside)
    throw new NftVerdictError(
      "only pods and clients from outside can pass to the node's own address",
      passes,
    );
  return ["iif != 0 fib daddr type local return"];
}

/**
 * For translated connections to ClusterIPs.
 * @throws {NftVerdictError}
 */
export function clusterIPMasqueradeRules(family: NftFamily, node: DesiredNodeFamily): readonly string[] {
  const { clusterIPMasquerade, localDetector } = node;
  const { pod, node: host, outside } = clusterIPMasquerade;
  const toClusterIP = `ct original ${family} daddr @${containers.clusterIPs} ${masquerade}`;
  if (pod && host && outside) return [toClusterIP];
  if (!pod && !host && !outside) return [];
  if (pod || !host || !outside || localDetector.kind === "none")
    throw new NftVerdictError(
      "connections to ClusterIPs can be masqueraded for all clients, for all but recognised pods, or for none",
      clusterIPMasquerade,
    );
  return notFromPods(localDetector, family).map((others) => `${others} ${toClusterIP}`);
}
