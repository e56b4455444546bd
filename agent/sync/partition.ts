import type { ProxyMode } from "../../crds/api.ts";
import type { DesiredService, ServiceName } from "../services/desired-state.ts";

export interface PartitionRules {
  /** The mode of all Services that no rule gives to another mode. */
  readonly main: ProxyMode;
  /** Modes that this node can run, the main one among them. */
  readonly usable: ReadonlySet<ProxyMode>;
}

/** Where Services belong. Those in neither map belong to the main mode. */
export interface Partition {
  /** Services that do not belong to the main mode. */
  readonly others: ReadonlyMap<ServiceName, ProxyMode>;
  /** Services for which a rule asks for a mode that the node cannot run. They belong to the main mode. */
  readonly unmet: ReadonlyMap<ServiceName, ProxyMode>;
}

/** Where one Service belongs, and the mode that its rule asks for, if the node cannot run it. */
export function placeService(
  { mode }: Pick<DesiredService, "mode">,
  { main, usable }: PartitionRules,
): { readonly mode: ProxyMode; readonly unmet: ProxyMode | undefined } {
  if (mode === undefined || mode === main) return { mode: main, unmet: undefined };
  return usable.has(mode) ? { mode, unmet: undefined } : { mode: main, unmet: mode };
}

/** Divides Services among the modes of a node. */
export function partition(services: Iterable<DesiredService>, rules: PartitionRules): Partition {
  const others = new Map<ServiceName, ProxyMode>();
  const unmet = new Map<ServiceName, ProxyMode>();
  for (const service of services) {
    const place = placeService(service, rules);
    if (place.mode !== rules.main) others.set(service.name, place.mode);
    if (place.unmet !== undefined) unmet.set(service.name, place.unmet);
  }
  return { others, unmet };
}
