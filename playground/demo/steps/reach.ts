import { waitUntil } from "../../wait-until.ts";
import { manifest, web, type Scene } from "../scene.ts";
import { countAnswers, describeSpread, type Place } from "../traffic.ts";

/** Applies an ordinary Service and reaches it from everywhere, in both IP families. */
export async function reach({ stage, cluster, traffic }: Scene): Promise<void> {
  stage.title("A Service is reachable from everywhere");
  await stage.kubectl(cluster, ["apply", "-f", manifest("web.yaml")]);
  await waitUntil("the Service to answer", async () => {
    const results = await Promise.all(
      destinations(cluster.topology).map(({ from, address, port }) =>
        traffic.ask(from, { address, port, timeoutMs: 500 }),
      ),
    );
    return results.every((result) => countAnswers(result) === 1);
  });
  await stage.kubectl(cluster, ["get", "services,endpointslices"]);
  for (const { from, to, address, port } of destinations(cluster.topology)) {
    const result = await traffic.ask(from, { address, port, count: 10 });
    stage.check(`${from} reaches ${to}`, countAnswers(result) === 10, describeSpread(result));
  }
}

function destinations({ nodes }: Scene["cluster"]["topology"]): readonly {
  readonly from: Place;
  readonly to: string;
  readonly address: string;
  readonly port: number;
}[] {
  const [node] = nodes;
  if (node === undefined) return [];
  return [
    { family: "IPv4", clusterIP: web.clusterIPs.IPv4, nodeIP: node.ipv4 },
    { family: "IPv6", clusterIP: web.clusterIPs.IPv6, nodeIP: node.ipv6 },
  ].flatMap(({ family, clusterIP, nodeIP }) => [
    { from: "a pod" as const, to: `the ClusterIP over ${family}`, address: clusterIP, port: web.port },
    { from: "a node" as const, to: `the ClusterIP over ${family}`, address: clusterIP, port: web.port },
    {
      from: "an outside client" as const,
      to: `the NodePort over ${family}`,
      address: nodeIP,
      port: web.nodePort,
    },
  ]);
}
