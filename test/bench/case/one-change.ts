import { setTimeout as delay } from "node:timers/promises";
import { ChangeMonitor } from "../kernel/change-monitor.ts";
import { percentile } from "../percentile.ts";
import { changeEndpoint } from "./change-endpoint.ts";
import { progress, report, type RunningCase } from "./running-case.ts";

/** Maximum number of changes; fewer if they take longer than the budget. */
export const changeRounds = 300;
export const changeBudgetMs = 30_000;

/**
 * Time from the event of a changed EndpointSlice at the API server until the kernel has committed the change. One change at a
 * time, without other activity.
 */
export async function measureOneChange(running: RunningCase): Promise<void> {
  progress("one-endpoint changes");
  const { cluster } = running;
  const send = (index: number): number => cluster.announce(index);
  const monitor = await ChangeMonitor.start();
  try {
    const observer = await monitor.measureItself(50);
    const latencies: number[] = [];
    const endsAtMs = performance.now() + changeBudgetMs;
    for (let round = 0; round < changeRounds && performance.now() < endsAtMs; round += 1) {
      await delay(5 + Math.random() * 20);
      latencies.push(await changeEndpoint(cluster, monitor, { nth: round, send }));
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
