import type { ProxyMode } from "../../crds/api.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { RejectedService } from "./dataplane.ts";
import type { UnsupportedFeature } from "./find-unsupported.ts";

export type SyncScope =
  | { readonly kind: "full" }
  /** `services` changed, appeared or vanished; the node facts are those of the last sync. */
  | { readonly kind: "partial"; readonly services: ReadonlySet<ServiceName> };

/** What one sync did to one mode, and what the mode has in the kernel now. */
export interface ModeReport {
  readonly mode: ProxyMode;
  /** What was done: a full sync also where a partial one found the kernel not as it should be. */
  readonly scope: SyncScope["kind"];
  /** Kernel objects added or deleted. */
  readonly changes: number;
  readonly services: number;
  /** Service ports and endpoints, both families. */
  readonly servicePorts: number;
  readonly endpoints: number;
  /** What Services ask for and the mode does not do, of all Services that it has. */
  readonly unsupported: readonly UnsupportedFeature[];
  /** Services that the kernel refused. */
  readonly rejected: readonly RejectedService[];
}
