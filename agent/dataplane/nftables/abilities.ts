import type { Abilities } from "../dataplane.ts";

/** conntrack translates all connections. The kernel cannot compare how many of them endpoints hold. */
export const nftablesAbilities: Abilities = {
  algorithms: new Set(["Random", "RoundRobin", "LeastConnection", "SourceHash", "Maglev"]),
  protocols: new Set(["TCP", "UDP", "SCTP"]),
  affinity: true,
  sourceRanges: true,
  kernelLeastConnection: false,
  flows: "conntrackNat",
  servesLoopback: false,
  survivesAgent: true,
};
