import type { ProxyMode } from "../../crds/api.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/log.ts";
import type { CommandRunner } from "../kernel/command.ts";
import type { Dataplane } from "./dataplane.ts";
import { createNftablesDataplane } from "./nftables/index.ts";

/** What every mode gets from the agent. */
export interface DataplaneDeps {
  readonly commands: CommandRunner;
  readonly log: Logger;
  readonly clock: Clock;
}

export type DataplaneFactory = (deps: DataplaneDeps) => Dataplane;

/** The modes that this build of the agent has. A mode of the API without an entry is missing on every node. */
export const dataplanes: Readonly<Partial<Record<ProxyMode, DataplaneFactory>>> = {
  nftables: createNftablesDataplane,
};
