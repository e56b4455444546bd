import type { ProxyMode } from "../../crds/api.ts";

/** What a mode cannot do, by the name of the scenario: why, as a sentence for its users. Such scenarios are skipped. */
export const knownGaps: Readonly<Record<ProxyMode, Readonly<Record<string, string>>>> = {
  nftables: {},
  iptables: {},
  ipvs: {},
  ebpf: {},
  userspace: {},
};
