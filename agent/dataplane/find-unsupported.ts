import type { ProxyMode } from "../../crds/api.ts";
import type { DesiredService, ServiceName } from "../services/desired-state.ts";
import type { Abilities } from "./dataplane.ts";

/** Something that a Service asks for and does not get. */
export interface UnsupportedFeature {
  readonly service: ServiceName;
  /** Field path in the Service or ProxyConfig, such as `scheduling.algorithm LeastConnection`. */
  readonly feature: string;
  /** Why, and what is done instead. */
  readonly reason: string;
}

/** What a Service asks for beyond the abilities of the mode that serves it, each feature once. */
export function findUnsupported(
  { name, ports }: DesiredService,
  { mode, abilities }: { readonly mode: ProxyMode; readonly abilities: Abilities },
): readonly UnsupportedFeature[] {
  const reasons = new Map<string, string>();
  for (const { protocol, algorithm, affinityTimeoutSeconds, frontends } of ports) {
    if (!abilities.protocols.has(protocol)) {
      reasons.set(
        `spec.ports.protocol ${protocol}`,
        `mode ${mode} cannot serve ${protocol}; these ports are not served`,
      );
      continue;
    }
    if (!abilities.algorithms.has(algorithm)) {
      reasons.set(
        `scheduling.algorithm ${algorithm}`,
        `mode ${mode} does not have ${algorithm}; served as Random`,
      );
    }
    if (!abilities.affinity && affinityTimeoutSeconds !== undefined) {
      const instead = "each connection of a client may go to another endpoint";
      reasons.set("sessionAffinity ClientIP", `mode ${mode} has no session affinity; ${instead}`);
    }
    if (!abilities.sourceRanges && frontends.some(({ allowedSources }) => allowedSources !== undefined)) {
      const instead = "the addresses they apply to are not served";
      reasons.set(
        "spec.loadBalancerSourceRanges",
        `mode ${mode} cannot check the source of connections; ${instead}`,
      );
    }
  }
  return [...reasons].map(([feature, reason]) => ({ service: name, feature, reason }));
}
