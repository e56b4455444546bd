import { setTimeout as delay } from "node:timers/promises";
import { ChangeMonitor } from "../kernel/change-monitor.ts";
import { percentile } from "../percentile.ts";
import { readCpuSeconds } from "../process-usage.ts";
import { changeEndpoint } from "./change-endpoint.ts";
import { pidOf, progress, report, type RunningCase } from "./running-case.ts";

const bursts = 20;
const changesPerBurst = 10;
const burstEveryMs = 1_000;
/** A burst waits for the previous one, so a proxy that is slower than the changes gets fewer. */
const budgetMs = 40_000;

/** 200 changes of 200 Services in 20 s, ten at once each second: time until each is in the kernel, and total CPU time. */
export async function measureChurn(running: RunningCase): Promise<void> {
  progress(`${bursts * changesPerBurst} changes in ${(bursts * burstEveryMs) / 1_000} s`);
  const { cluster } = running;
  const send = (index: number): number => cluster.announce(index);
  const monitor = await ChangeMonitor.start();
  try {
    const cpuBefore = readCpuSeconds(pidOf(running));
    const latencies: number[] = [];
    const endsAtMs = performance.now() + budgetMs;
    for (let burst = 0; burst < bursts && performance.now() < endsAtMs; burst += 1) {
      const nextAtMs = performance.now() + burstEveryMs;
      const changes = Array.from({ length: changesPerBurst }, (_, nth) =>
        changeEndpoint(cluster, monitor, { nth: burst * changesPerBurst + nth, send }),
      );
      latencies.push(...(await Promise.all(changes)));
      await delay(Math.max(0, nextAtMs - performance.now()));
    }
    report(running, {
      churn_p50_milliseconds: percentile(latencies, 50),
      churn_p99_milliseconds: percentile(latencies, 99),
      churn_cpu_seconds: readCpuSeconds(pidOf(running)) - cpuBefore,
    });
  } finally {
    monitor.close();
  }
}
