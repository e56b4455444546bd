import type { ProxyMode } from "../../crds/api.ts";
import type { DataplaneFactory } from "./dataplane.ts";
import { createNftablesDataplane } from "./nftables/index.ts";

/** The modes that this build of the agent has. A mode of the API without an entry is missing on every node. */
export const dataplanes: Readonly<Partial<Record<ProxyMode, DataplaneFactory>>> = {
  nftables: createNftablesDataplane,
};
