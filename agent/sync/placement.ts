import type { ProxyMode } from "../../crds/api.ts";
import type { ServiceName } from "../services/desired-state.ts";

/** What decides which modes serve a Service at one moment. */
export interface Placement {
  readonly main: ProxyMode;
  /** All modes of the node. */
  readonly modes: Iterable<ProxyMode>;
  /** Services that do not belong to the main mode. */
  readonly others: ReadonlyMap<ServiceName, ProxyMode>;
  /** Modes that failed and are not tried now. */
  readonly blocked: ReadonlySet<ProxyMode>;
  /** Whether a mode has the Service in the kernel. */
  readonly has: (mode: ProxyMode, service: ServiceName) => boolean;
  /** Whether a mode refused the Service and has not been asked again. */
  readonly refuses: (mode: ProxyMode, service: ServiceName) => boolean;
  /** Modes whose Services the main one may have in the kernel without the agent's knowledge, from before a restart. */
  readonly empty: ReadonlySet<ProxyMode>;
}

/** The mode that has to serve the Service: where it belongs; while that mode fails or refuses it, where it is; else the main one. */
export function targetOf(placement: Placement, service: ServiceName): ProxyMode {
  const { main, modes, others, blocked, has, refuses } = placement;
  const wanted = others.get(service) ?? main;
  const takesIn = !blocked.has(wanted) && !refuses(wanted, service);
  if (takesIn || has(wanted, service)) return wanted;
  return [...modes].find((mode) => has(mode, service)) ?? main;
}

/** Whether a mode has to serve the Service now. A mode keeps a Service until its new mode has it. */
export function servesNow(placement: Placement, mode: ProxyMode, service: ServiceName): boolean {
  const target = targetOf(placement, service);
  if (mode === target) return true;
  const mayHave = placement.has(mode, service) || (mode === placement.main && placement.empty.has(target));
  return mayHave && !placement.has(target, service);
}
