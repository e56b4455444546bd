import type { ProxyMode } from "../../crds/api.ts";
import type { DesiredService, ServiceName } from "../services/desired-state.ts";
import type { Dataplane } from "./dataplane.ts";

/** Which modes serve Services on this node at present, for the parts that work around them. */
export interface ServingModes {
  /** The running modes, the main one first; empty before the first sync. */
  running(): readonly Dataplane[];
  /** The mode that serves the Service; undefined when none does. */
  of(service: ServiceName): Dataplane | undefined;
  /** The Services that the mode serves, live. */
  servicesOf(mode: ProxyMode): ReadonlyMap<ServiceName, DesiredService>;
}
