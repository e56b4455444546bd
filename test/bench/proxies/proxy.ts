import type { ProxyMode } from "../../../crds/api.ts";
import type { ManagedProcess } from "../../../playground/managed-process.ts";

/** A Service proxy to be measured, as a process of this network namespace. */
export interface Proxy {
  readonly name: string;
  readonly mode: ProxyMode;
  /** Its nftables table of family ip. */
  readonly table: string;
  /** Not started yet. Its API server is the one of the simulated cluster. */
  createProcess(folder: string): Promise<ManagedProcess>;
}
