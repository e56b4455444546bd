import { setTimeout as delay } from "node:timers/promises";
import { readRunningSeconds } from "../process-usage.ts";
import { pidOf, progress, report, settle, type RunningCase } from "./running-case.ts";

const idleMs = 15_000;

/** CPU of the proxy and the programs it runs while nothing happens in the cluster, as a share of one core. */
export async function measureIdle(running: RunningCase): Promise<void> {
  progress(`idle for ${idleMs / 1_000} s`);
  await settle();
  const before = readRunningSeconds(pidOf(running));
  const startedAtMs = performance.now();
  await delay(idleMs);
  const seconds = readRunningSeconds(pidOf(running)) - before;
  report(running, { idle_cpu_percent: (100 * seconds * 1_000) / (performance.now() - startedAtMs) });
}
