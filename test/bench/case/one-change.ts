import { setTimeout as delay } from "node:timers/promises";
import { ChangeMonitor } from "../kernel/change-monitor.ts";
import { percentile } from "../percentile.ts";
import { progress, report, type RunningCase } from "./running-case.ts";

const warmUpRounds = 10;
const rounds = 300;

/**
 * From the moment the API server sends the event of a changed EndpointSlice until the kernel has committed it, as
 * `nft monitor` sees. One endpoint changes at a time, of another Service each time, with nothing else going on; a third of
 * the changes each add, replace and remove one.
 */
export async function measureOneChange(running: RunningCase): Promise<void> {
  progress("one-endpoint changes");
  const monitor = await ChangeMonitor.start();
  try {
    const observer = await monitor.measureItself(50);
    const latencies: number[] = [];
    for (let round = 0; round < warmUpRounds + rounds; round += 1) {
      await delay(5 + Math.random() * 20);
      const latencyMs = await changeOnce(running, monitor, round);
      if (round >= warmUpRounds) latencies.push(latencyMs);
    }
    report(running, {
      change_p50_milliseconds: percentile(latencies, 50),
      change_p99_milliseconds: percentile(latencies, 99),
      observer_p50_milliseconds: percentile(observer, 50),
    });
  } finally {
    monitor.close();
  }
}

async function changeOnce({ cluster }: RunningCase, monitor: ChangeMonitor, round: number): Promise<number> {
  const index = cluster.changeableIndex(round * 7_919); // far from the last one in the order of names
  const { endpointAddresses, clusterIP, name } = cluster.service(index);
  const slot = Math.floor(Math.random() * endpointAddresses.length);
  const others = endpointAddresses.toSpliced(slot, 1);
  const changed = [
    [...endpointAddresses, cluster.spareAddress()],
    [...others, cluster.spareAddress()],
    others.length === 0 ? [cluster.spareAddress()] : others,
  ][round % 3];
  if (changed === undefined) throw new RangeError("there are three kinds of changes");
  const seen = monitor.see([clusterIP, name]);
  const sentAtMs = cluster.setEndpoints(index, changed);
  return (await seen) - sentAtMs;
}
