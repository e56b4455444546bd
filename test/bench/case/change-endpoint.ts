import type { ChangeMonitor } from "../kernel/change-monitor.ts";
import type { RunningCase } from "./running-case.ts";

/**
 * Changes one endpoint of one Service: adds, replaces or removes it in turn, at a random place in the order of addresses.
 * The Services of consecutive `nth` are far from each other in the order of names.
 * @returns milliseconds from sending the event to the kernel
 */
export async function changeEndpoint(
  { cluster }: RunningCase,
  monitor: ChangeMonitor,
  nth: number,
): Promise<number> {
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
  const sentAtMs = cluster.setEndpoints(index, changed);
  return (await seen) - sentAtMs;
}
