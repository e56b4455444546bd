import { readFileSync } from "node:fs";
import { childrenOf, readCpuSeconds, readMemory } from "../process-usage.ts";
import { countElements } from "../kernel/count-elements.ts";
import { pidOf, progress, report, settle, type RunningCase } from "./running-case.ts";

const timeoutMs = 300_000;
const samplingMs = 20;

/**
 * Time from the start of the process until connections to Services from the first to the last are accepted, and its cost. Then
 * counts the endpoints in the kernel.
 */
export async function measureColdStart(running: RunningCase): Promise<void> {
  const { firstSeconds, allSeconds, nftMebibytes } = await startProxy(running);
  await settle();
  const pid = pidOf(running);
  const { rssMebibytes, peakRssMebibytes } = readMemory(pid);
  report(running, {
    cold_start_seconds: allSeconds,
    first_service_seconds: firstSeconds,
    cpu_seconds: readCpuSeconds(pid),
    rss_mebibytes: rssMebibytes,
    peak_rss_mebibytes: peakRssMebibytes,
    nft_rss_mebibytes: nftMebibytes,
  });
  await requireEverything(running);
}

/** Starts the proxy and resolves when everything is programmed. */
export async function startProxy(running: RunningCase): Promise<{
  readonly firstSeconds: number;
  readonly allSeconds: number;
  readonly nftMebibytes: number;
}> {
  const { cluster, probe, process } = running;
  const [urgent, ...others] = cluster.probedServices;
  if (urgent === undefined) throw new Error("cannot measure a cluster without Services");
  progress("cold start");
  const startedAtMs = performance.now();
  process.start();
  const nft = watchNftMemory(running);
  const firstAtMs = await probe.untilReachable(urgent.clusterIP, timeoutMs);
  let lastAtMs = firstAtMs;
  for (const { clusterIP } of others.toReversed())
    lastAtMs = await probe.untilReachable(clusterIP, timeoutMs);
  return {
    firstSeconds: (firstAtMs - startedAtMs) / 1_000,
    allSeconds: (lastAtMs - startedAtMs) / 1_000,
    nftMebibytes: nft.stop(),
  };
}

/** Largest size of any child of the proxy named nft, sampled every 20 ms. */
function watchNftMemory(running: RunningCase): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    try {
      for (const child of childrenOf(pidOf(running))) {
        if (readFileSync(`/proc/${child}/comm`, "utf8").trim() !== "nft") continue;
        peak = Math.max(peak, readMemory(child).peakRssMebibytes || 0);
      }
    } catch {
      // a process has ended during the sample
    }
  }, samplingMs);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** @throws Error if the kernel has fewer endpoints than the cluster */
async function requireEverything({ proxy, cluster: { size } }: RunningCase): Promise<void> {
  const expected = size.services * size.endpoints;
  const found = await countElements(proxy);
  if (found < expected) {
    throw new Error(`${proxy.name} programmed ${found} of ${expected} endpoints, so the times are not valid`);
  }
}
