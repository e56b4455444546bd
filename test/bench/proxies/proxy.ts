import type { ProxyMode } from "../../../crds/api.ts";
import type { ManagedProcess } from "../../../playground/managed-process.ts";

/** A Service proxy to measure, as a process in this network namespace. */
export interface Proxy {
  readonly name: string;
  readonly mode: ProxyMode;
  /** Its nftables table of the family ip. */
  readonly table: string;
  /** A process that is not started yet. Its API server is that of the simulated cluster. */
  createProcess(folder: string): Promise<ManagedProcess>;
}
