import type { ProxyMode } from "../../crds/api.ts";
import { scenarioGroups } from "./all-scenarios.ts";
import { disturbances } from "./disturbances.ts";

/** Scenarios and disturbances by name: why a mode cannot do them, as a sentence for its users. */
export type Gaps = Readonly<Record<string, string>>;

/** What each mode cannot do. Such scenarios are skipped. */
const knownGaps: Readonly<Record<ProxyMode, Gaps>> = {
  nftables: {},
  iptables: {},
  ipvs: {},
  ebpf: {},
  userspace: {},
};

/**
 * What `mode` cannot do: why, by the name of the scenario or disturbance.
 * @throws RangeError when a gap has a name that neither a scenario nor a disturbance has
 */
export function gapsOf(mode: ProxyMode, gaps: Gaps = knownGaps[mode]): ReadonlyMap<string, string> {
  const unknown = Object.keys(gaps).filter((name) => !names.has(name));
  if (unknown.length === 0) return new Map(Object.entries(gaps));
  throw new RangeError(`the known gaps of mode ${mode} name no scenario: ${unknown.join(", ")}`);
}

const names: ReadonlySet<string> = new Set(
  [...Object.values(scenarioGroups).flat(), ...disturbances].map(({ name }) => name),
);
