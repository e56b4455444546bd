import assert from "node:assert/strict";
import path from "node:path";
import { startCluster, type Cluster } from "../../playground/cluster.ts";
import { Prober } from "../../playground/nodes/prober.ts";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { silentLogger } from "../../platform/log.ts";
import { skipBecause } from "../support/skip.ts";

const config = (algorithm: string): string => `
apiVersion: kubesteer.dev/v1alpha1
kind: ProxyConfig
metadata: { name: default }
spec: { scheduling: { algorithm: ${algorithm} } }
`;

const service = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
`;

describe("kubectl against operator and agents", function () {
  this.timeout(60_000);
  let cluster: Cluster;

  before(async function () {
    const missing = await missingForTopology();
    if (missing !== undefined) skipBecause(this, missing);
    cluster = await startCluster({
      name: "kubesteer-e2e",
      port: 0,
      folder: path.join(import.meta.dirname, "../../.playground/e2e"),
      log: silentLogger,
    });
  });

  after(async () => {
    await (cluster as Cluster | undefined)?.close();
  });

  const kubectl = async (args: string, input?: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await cluster.kubectl(
      args.split(" "),
      input === undefined ? {} : { input },
    );
    assert.equal(exitCode, 0, `kubectl ${args}: ${stdout}${stderr}`);
    return stdout;
  };

  it("apply creates, leaves unchanged and configures", async () => {
    assert.match(await kubectl("apply -f -", config("Random")), /proxyconfig\S* created/);
    assert.match(await kubectl("apply -f -", config("Random")), /unchanged/);
    assert.match(await kubectl("apply -f -", config("Maglev")), /configured/);
  });

  it("wait --for=condition=Ready waits for the latest generation on all nodes", async () => {
    await kubectl("wait --for=condition=Ready pxc/default --timeout=30s");
    const revisions = new Set(
      (await kubectl("get nodeproxies -o jsonpath={.items[*].status.observedRevision}")).split(" "),
    );
    assert.deepEqual(
      [...revisions],
      [await kubectl("get pxc default -o jsonpath={.status.currentRevision}")],
    );
    assert.equal(await kubectl("get nodeproxies -o jsonpath={.items[*].metadata.name}"), "node1 node2 node3");
  });

  it("diff shows what apply would change, and nothing if there is no change", async () => {
    const changed = await cluster.kubectl(["diff", "-f", "-"], { input: config("RoundRobin") });
    assert.equal(changed.exitCode, 1);
    assert.match(changed.stdout, /^-\s+algorithm: Maglev$/m);
    assert.match(changed.stdout, /^\+\s+algorithm: RoundRobin$/m);
    assert.equal(await kubectl("diff -f -", config("Maglev")), "");
  });

  it("apply --server-side takes over and keeps the status", async () => {
    assert.match(await kubectl("apply --server-side -f -", config("SourceHash")), /serverside-applied/);
    assert.equal(await kubectl("get pxc default -o jsonpath={.spec.scheduling.algorithm}"), "SourceHash");
    await kubectl("wait --for=condition=Ready pxc/default --timeout=30s");
  });

  it("get prints the important columns, and more of them with -o wide", async () => {
    const [head, row] = (await kubectl("get pxc")).split("\n");
    assert.match(head ?? "", /^NAME +MODE +ALGORITHM +NODES +UPDATED +READY +STATUS +STAGE +AGE$/);
    assert.match(row ?? "", /^default +nftables +SourceHash +3 +3 +3 +AllNodesReady +complete /);
    assert.match(await kubectl("get pxc -o wide"), /PRIORITY.*REVISION/);
    assert.match(await kubectl("get nodeproxies -o wide"), /^node1 +default +nftables +True/m);
  });

  it("describe shows conditions and events", async () => {
    const described = await kubectl("describe pxc default");
    assert.match(described, /Reason: +AllNodesReady/);
    assert.match(described, /RolloutFinished +.*kubesteer-operator/);
  });

  it("explain describes fields", async () => {
    assert.match(await kubectl("explain pxc.spec"), /scheduling\s+<Object>/);
    assert.match(
      await kubectl("explain pxc.spec.scheduling.algorithm"),
      /How an endpoint is chosen for a new connection/,
    );
  });

  it("a Service is served from every node", async () => {
    await kubectl("apply --server-side -f -", config("Random"));
    await kubectl("wait --for=condition=Ready pxc/default --timeout=30s");
    await kubectl("apply -f -", service);
    const address = await kubectl("get service web -o jsonpath={.spec.clusterIP}");
    for (const { namespace } of cluster.topology.nodes) {
      await waitUntil("all three pods to answer", async () => {
        return (await answering(namespace, address)).join(" ") === "pod1a pod2a pod3a";
      });
    }
  });

  it("the API server is killed and restarted: no program exits, and a later change arrives", async () => {
    const programs = [cluster.operator, ...cluster.agents.values()];
    const pids = programs.map(({ pid }) => pid);
    await cluster.apiServer.restart("SIGKILL");
    await cluster.apiServerReady();
    await kubectl("label pod pod1a app-");
    const address = await kubectl("get service web -o jsonpath={.spec.clusterIP}");
    for (const { namespace } of cluster.topology.nodes) {
      await waitUntil("the endpoint to be dropped", async () => {
        return (await answering(namespace, address)).join(" ") === "pod2a pod3a";
      });
    }
    await kubectl("apply --server-side -f -", config("RoundRobin"));
    await kubectl("wait --for=condition=Ready pxc/default --timeout=45s");
    assert.deepEqual(
      programs.map(({ pid }) => pid),
      pids,
      "the same processes",
    );
  });

  it("after delete, the nodes serve with their last settings and report it", async () => {
    assert.match(await kubectl("delete pxc default"), /deleted/);
    await waitUntil("the NodeProxies to be marked", async () => {
      const orphaned = await kubectl("get nodeproxies -l kubesteer.dev/orphaned=true -o name");
      return orphaned.split("\n").length === 3;
    });
    const namespace = cluster.topology.nodes[0]?.namespace ?? "";
    const address = await kubectl("get service web -o jsonpath={.spec.clusterIP}");
    assert.deepEqual(await answering(namespace, address), ["pod2a", "pod3a"]);
  });

  it("a deleted Node removes its NodeProxy", async () => {
    await kubectl("delete node node3");
    await kubectl("wait --for=delete nodeproxy/node3 --timeout=20s");
  });
});

/** Pods that answer at least once in 40 connections; rejects when one fails. */
async function answering(namespace: string, address: string): Promise<readonly string[]> {
  const prober = new Prober(namespace);
  try {
    const result = await prober.probe({ protocol: "TCP", address, port: 80, count: 40 });
    assert.deepEqual(result.failures, {});
    return Object.keys(result.answers).toSorted();
  } finally {
    await prober.close();
  }
}
