import type { ProxyMode } from "../../crds/api.ts";
import type { DataplaneDeps, DataplaneFactory } from "./dataplane.ts";
import { createNftablesDataplane } from "./nftables/index.ts";
import { createRunner, type DataplaneRunner } from "./runner.ts";

/** The modes that this build of the agent has. A mode of the API without an entry is missing on every node. */
export const dataplanes: Readonly<Partial<Record<ProxyMode, DataplaneFactory>>> = {
  nftables: createNftablesDataplane,
};

/** A runner for each mode of this build. */
export function createRunners(deps: Omit<DataplaneDeps, "inTurn">): ReadonlyMap<ProxyMode, DataplaneRunner> {
  const runners = Object.values(dataplanes).map((create) => createRunner(create, deps));
  return new Map(runners.map((runner) => [runner.mode, runner]));
}
