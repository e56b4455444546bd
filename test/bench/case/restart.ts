import { setTimeout as delay } from "node:timers/promises";
import { isReachable } from "../kernel/service-probe.ts";
import { note, progress, report, type RunningCase } from "./running-case.ts";

const downMs = 1_000;
const timeoutMs = 120_000;
/** A lost SYN is retransmitted after a second. */
const patienceMs = 900;

/**
 * Kills the proxy, changes the endpoints of a Service, starts the proxy, and measures the time until the kernel has the change.
 * Opens connections to Services all the time, and counts those that fail.
 */
export async function measureRestart(running: RunningCase): Promise<void> {
  progress("restart");
  const { cluster, probe, process } = running;
  const { endpointAddresses: answering } = cluster.service(0);
  const changedIndex = cluster.changeableIndex(0);
  const connections = watchConnections(running);
  await process.stop("SIGKILL");
  cluster.setEndpoints(changedIndex, answering);
  cluster.announce(changedIndex);
  await delay(downMs);
  const startedAtMs = performance.now();
  process.start();
  const syncedAtMs = await probe.untilReachable(cluster.service(changedIndex).clusterIP, timeoutMs);
  await delay(downMs);
  const { made, failed } = await connections.stop();
  report(running, {
    restart_seconds: (syncedAtMs - startedAtMs) / 1_000,
    restart_failed_connections: failed,
  });
  if (failed > 0) note(running, `${failed} of ${made} connections failed around the restart`);
}

interface WatchedConnections {
  stop(): Promise<{ readonly made: number; readonly failed: number }>;
}

/** Opens one new connection after the other to Services that answer. */
function watchConnections({ cluster }: RunningCase): WatchedConnections {
  const enough = new AbortController();
  const ended = (async () => {
    let made = 0;
    let failed = 0;
    while (!enough.signal.aborted) {
      for (const { clusterIP } of cluster.probedServices) {
        made += 1;
        if (!(await isReachable(clusterIP, patienceMs))) failed += 1;
        await delay(5);
      }
    }
    return { made, failed };
  })();
  return {
    stop() {
      enough.abort();
      return ended;
    },
  };
}
