import { startLoad, type LoadSummary } from "../../nodes/load.ts";
import { web, type Scene } from "../scene.ts";

/** Sends traffic from a pod to the ClusterIP and from outside to the NodePort while `act` changes the cluster. */
export async function underLoad({ cluster, traffic }: Scene, act: () => Promise<void>): Promise<LoadSummary> {
  const nodeIP = cluster.topology.nodes[0]?.ipv4 ?? "";
  const common = { protocol: "TCP", durationMs: 60_000, workers: 2 } as const;
  const loads = [
    { namespace: traffic.namespaceOf("a pod"), address: web.clusterIPs.IPv4, port: web.port },
    { namespace: traffic.namespaceOf("a pod"), address: web.clusterIPs.IPv6, port: web.port },
    { namespace: traffic.namespaceOf("an outside client"), address: nodeIP, port: web.nodePort },
  ].map((target) => startLoad({ ...common, ...target }));
  try {
    await Promise.all(loads.map((load) => load.started));
    await act();
    const summaries = await Promise.all(loads.map((load) => load.stop()));
    return summaries.reduce(add);
  } finally {
    await Promise.all(loads.map((load) => load.close()));
  }
}

export function describeLoad({ requests, failed, failures, resentSyns }: LoadSummary): string {
  const reasons = Object.entries(failures).map(([reason, count]) => `${reason} ${count}`);
  return [`${requests} requests, ${failed} failed, ${resentSyns} first packets lost`, ...reasons].join(", ");
}

function add(a: LoadSummary, b: LoadSummary): LoadSummary {
  return {
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    answers: addCounts(a.answers, b.answers),
    failures: addCounts(a.failures, b.failures),
    resentSyns: a.resentSyns + b.resentSyns,
    longestGapMs: Math.max(a.longestGapMs, b.longestGapMs),
  };
}

function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
