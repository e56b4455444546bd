import type { ProxyMode } from "../../crds/api.ts";
import type { Dataplane } from "../dataplane/dataplane.ts";

/**
 * For the first sync of a process: the modes that cannot serve anything yet, while the main mode may, from before the restart.
 * A mode that cannot be looked at counts as empty, unless it is the main one.
 */
export async function findEmptyModes(main: Dataplane, others: readonly Dataplane[]): Promise<Set<ProxyMode>> {
  const empty = new Set<ProxyMode>();
  if (others.length === 0 || !(await hasState(main, true))) return empty;
  for (const other of others) if (!(await hasState(other, false))) empty.add(other.mode);
  return empty;
}

async function hasState(dataplane: Dataplane, otherwise: boolean): Promise<boolean> {
  try {
    return await dataplane.hasState();
  } catch {
    return otherwise;
  }
}
