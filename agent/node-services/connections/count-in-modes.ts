import type { ServingModes } from "../../dataplane/serving-modes.ts";
import type { ServiceName } from "../../services/desired-state.ts";
import type { ConnectionCounts } from "../../services/endpoints/endpoint-connections.ts";

/**
 * Open connections that this node has sent to endpoints, in all running modes together.
 * @param countTranslated counts those that conntrack translates
 */
export async function countInModes(
  serving: ServingModes,
  countTranslated: () => Promise<ConnectionCounts>,
): Promise<ConnectionCounts> {
  const running = serving.running();
  const translates =
    running.length === 0 || running.some(({ abilities }) => abilities.flows === "conntrackNat");
  const own = running.flatMap((dataplane) => dataplane.countConnections?.() ?? []);
  const [first = new Map<string, number>(), ...rest] = await Promise.all([
    ...(translates ? [countTranslated()] : []),
    ...own,
  ]);
  return rest.length === 0 ? first : sumCounts([first, ...rest]);
}

function sumCounts(all: readonly ConnectionCounts[]): ConnectionCounts {
  const sums = new Map<string, number>();
  for (const counts of all) {
    for (const [endpoint, count] of counts) sums.set(endpoint, (sums.get(endpoint) ?? 0) + count);
  }
  return sums;
}

/** Whether the weights of a Service with LeastConnection are made of such counts: its mode does not compare connections itself. */
export function needsCounts(serving: ServingModes, service: ServiceName): boolean {
  return serving.of(service)?.abilities.kernelLeastConnection !== true;
}

/** Whether some of these Services need counts; none does before the first sync. */
export function someNeedCounts(serving: ServingModes, services: Iterable<ServiceName>): boolean {
  if (serving.running().every(({ abilities }) => abilities.kernelLeastConnection)) return false;
  for (const service of services) if (needsCounts(serving, service)) return true;
  return false;
}
