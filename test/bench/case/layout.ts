import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import { ChangeMonitor } from "../kernel/change-monitor.ts";
import type { ServiceProbe } from "../kernel/service-probe.ts";
import { renderChange, renderLayout } from "../layout/chain-per-service.ts";
import { percentile } from "../percentile.ts";
import { changeEndpoint } from "./change-endpoint.ts";
import { changeBudgetMs, changeRounds } from "./one-change.ts";
import { progress, report } from "./running-case.ts";

const timeoutMs = 60_000;

/**
 * Cost of the layout of rules alone, without a proxy that reads the API: loading everything in one transaction, and changing one
 * Service with `nft -f -`, from the start of nft until the kernel has the change.
 */
export async function measureLayout(cluster: SimulatedCluster, probe: ServiceProbe): Promise<void> {
  const subject = { proxy: { name: "chain-per-service layout", mode: "nftables" }, cluster } as const;
  progress("loading");
  const text = renderLayout(cluster.allServices);
  const startedAtMs = performance.now();
  await execa("nft", ["-f", "-"], { input: text, timeout: timeoutMs });
  let loadedAtMs = startedAtMs;
  for (const { clusterIP } of cluster.probedServices) {
    loadedAtMs = await probe.untilReachable(clusterIP, timeoutMs);
  }
  report(subject, { cold_start_seconds: (loadedAtMs - startedAtMs) / 1_000 });

  progress("one-endpoint changes");
  const monitor = await ChangeMonitor.start();
  const latencies: number[] = [];
  const endsAtMs = performance.now() + changeBudgetMs;
  const running = new Set<Promise<unknown>>();
  for (let round = 0; round < changeRounds && performance.now() < endsAtMs; round += 1) {
    const send = (index: number): number => {
      const change = renderChange(cluster.service(index));
      const sentAtMs = performance.now();
      const nft = execa("nft", ["-f", "-"], { input: change, timeout: timeoutMs });
      running.add(nft);
      return sentAtMs;
    };
    latencies.push(await changeEndpoint(cluster, monitor, { nth: round, send }));
    await Promise.all(running); // the rules take effect before nft ends
    running.clear();
    await delay(5);
  }
  monitor.close();
  report(subject, {
    change_p50_milliseconds: percentile(latencies, 50),
    change_p99_milliseconds: percentile(latencies, 99),
  });
}
