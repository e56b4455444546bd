import { setTimeout as delay } from "node:timers/promises";
import { percentile } from "../percentile.ts";
import { readRunningSeconds } from "../process-usage.ts";
import { pidOf, progress, report, settle, type RunningCase } from "./running-case.ts";

const windows = 3;
const windowMs = 10_000;

/**
 * CPU of the proxy and its child processes while nothing happens in the cluster, as a share of one core. The median of several
 * samples excludes work for earlier changes, such as storing them.
 */
export async function measureIdle(running: RunningCase): Promise<void> {
  progress(`idle for ${(windows * windowMs) / 1_000} s`);
  await settle();
  const shares: number[] = [];
  while (shares.length < windows) shares.push(await measureShare(running));
  report(running, { idle_cpu_percent: percentile(shares, 50) });
}

async function measureShare(running: RunningCase): Promise<number> {
  const before = readRunningSeconds(pidOf(running));
  const startedAtMs = performance.now();
  await delay(windowMs);
  const seconds = readRunningSeconds(pidOf(running)) - before;
  return (100 * seconds * 1_000) / (performance.now() - startedAtMs);
}
