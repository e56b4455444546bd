import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { ChangeMonitor } from "../kernel/change-monitor.ts";

/**
 * Changes one endpoint of one Service: adds, replaces or removes it in turn, at a random position in the order of addresses.
 * The Services of consecutive values of `nth` are far from each other in the order of names.
 *
 * @param options.send sends the change to the measured proxy, and returns the time of `performance.now()`
 * @returns milliseconds from that time until the kernel has the change
 */
export async function changeEndpoint(
  cluster: SimulatedCluster,
  monitor: ChangeMonitor,
  options: { readonly nth: number; readonly send: (index: number) => number },
): Promise<number> {
  const { nth, send } = options;
  const index = cluster.changeableIndex(nth * 7_919);
  const { endpointAddresses, clusterIP, name } = cluster.service(index);
  const slot = Math.floor(Math.random() * endpointAddresses.length);
  const others = endpointAddresses.toSpliced(slot, 1);
  const changed = [
    [...endpointAddresses, cluster.spareAddress()],
    [...others, cluster.spareAddress()],
    others.length === 0 ? [cluster.spareAddress()] : others,
  ][nth % 3];
  if (changed === undefined) throw new RangeError("there are three kinds of changes");
  const seen = monitor.see([clusterIP, name]);
  cluster.setEndpoints(index, changed);
  const sentAtMs = send(index);
  return (await seen) - sentAtMs;
}
