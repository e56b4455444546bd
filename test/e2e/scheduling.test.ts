import assert from "node:assert/strict";
import path from "node:path";
import { startCluster, type Cluster } from "../../playground/cluster.ts";
import { startLoad } from "../../playground/nodes/load.ts";
import { Prober, type ProbeResult } from "../../playground/nodes/prober.ts";
import { missingForTopology } from "../../playground/nodes/topology.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { silentLogger } from "../../platform/log.ts";
import { skipBecause } from "../support/skip.ts";

const address = "10.96.0.90";
const service = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  clusterIP: ${address}
  ipFamilies: [IPv4]
  selector: { share: "yes" }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
`;

function config(scheduling: string): string {
  return `
apiVersion: kubesteer.dev/v1alpha1
kind: ProxyConfig
metadata: { name: default }
spec: { scheduling: { ${scheduling} } }
`;
}

describe("scheduling by operator and agents", function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let prober: Prober;

  before(async function () {
    const missing = await missingForTopology();
    if (missing !== undefined) skipBecause(this, missing);
    cluster = await startCluster({
      name: "kubesteer-share",
      port: 0,
      folder: path.join(import.meta.dirname, "../../.playground/scheduling"),
      log: silentLogger,
    });
    prober = new Prober(clientNamespace());
    await kubectl("apply -f -", service);
    await kubectl("label pod pod1a pod2a share=yes");
  });

  after(async () => {
    await (prober as Prober | undefined)?.close();
    await (cluster as Cluster | undefined)?.close();
  });

  const clientNamespace = (): string => `${cluster.topology.prefix}-pod1b`;

  async function kubectl(args: string, input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await cluster.kubectl(
      args.split(" "),
      input === undefined ? {} : { input },
    );
    assert.equal(exitCode, 0, `kubectl ${args}: ${stdout}${stderr}`);
    return stdout;
  }

  async function choose(scheduling: string): Promise<void> {
    await kubectl("apply -f -", config(scheduling));
    await kubectl("wait --for=condition=Ready pxc/default --timeout=30s");
  }

  async function probe(count: number): Promise<ProbeResult> {
    return await prober.probe({ protocol: "TCP", address, port: 80, count });
  }

  /** Resolves when each pod answers the expected number of consecutive requests. */
  async function untilAnswered(expected: Readonly<Record<string, number>>): Promise<void> {
    const count = Object.values(expected).reduce((sum, answers) => sum + answers, 0);
    const asExpected = async (): Promise<boolean> => {
      const { answers } = await probe(count);
      const counts = Object.entries(answers).map(([pod, answer]) => [pod, answer.count]);
      assert.deepEqual(Object.fromEntries(counts), expected);
      return true;
    };
    await waitUntil(`answers by ${JSON.stringify(expected)}`, asExpected, { timeoutMs: 30_000 });
  }

  it("weights of an EndpointSlice determine the share of each pod", async () => {
    await choose("algorithm: RoundRobin");
    await untilAnswered({ pod1a: 10, pod2a: 10 });
    const pods = await kubectl("get pods pod1a pod2a -o jsonpath={.items[*].status.podIP}");
    const [first = "", second = ""] = pods.split(" ");
    const weights = JSON.stringify({ [first]: 3, [second]: 1 });
    await kubectl(
      `annotate endpointslices -l kubernetes.io/service-name=web kubesteer.dev/endpoint-weights=${weights}`,
    );
    await untilAnswered({ pod1a: 15, pod2a: 5 });
  });

  it("invalid weights are reported in the status of each node", async () => {
    await kubectl(
      "annotate --overwrite endpointslices -l kubernetes.io/service-name=web kubesteer.dev/endpoint-weights=3:1",
    );
    await untilAnswered({ pod1a: 10, pod2a: 10 });
    await waitUntil(
      "the reason in the status",
      async () => {
        const reasons = await kubectl(
          "get nodeproxies -o jsonpath={.items[*].status.services.unsupported[*].reason}",
        );
        return reasons.split("must be a JSON object").length === 4;
      },
      { timeoutMs: 40_000 },
    );
    await kubectl(
      "annotate endpointslices -l kubernetes.io/service-name=web kubesteer.dev/endpoint-weights-",
    );
  });

  it("the share of a new pod grows gradually", async () => {
    await choose("algorithm: RoundRobin, slowStartSeconds: 18");
    await kubectl("label pod pod3a share=yes");
    await untilAnswered({ pod1a: 10, pod2a: 10, pod3a: 1 });
    await untilAnswered({ pod1a: 7, pod2a: 7, pod3a: 7 });
  });

  it("new connections avoid a pod with many connections until these are closed", async () => {
    await kubectl("label pod pod2a pod3a share-");
    await untilAnswered({ pod1a: 20 });
    const load = startLoad({
      namespace: clientNamespace(),
      protocol: "TCP",
      address,
      port: 80,
      durationMs: 45_000,
      workers: 60,
      intervalMs: 200,
      keepConnection: true,
    });
    try {
      await load.started;
      await kubectl("label pod pod2a pod3a share=yes");
      await choose("algorithm: LeastConnection");
      await waitUntil("the other pods to answer", async () => {
        const { answers, failures } = await probe(60);
        assert.deepEqual(failures, {});
        return Object.keys(answers).toSorted().join(" ") === "pod2a pod3a";
      });
      const { answers, failures } = await load.stop();
      assert.deepEqual(failures, {});
      assert.deepEqual(Object.keys(answers), ["pod1a"]);
    } finally {
      await load.close();
    }
    await waitUntil("pod1a to answer again", async () => (await probe(30)).answers["pod1a"] !== undefined);
  });
});
