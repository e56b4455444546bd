/** What the agent does for Services besides rules, as a process with the real kernel: its packets, its flows. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { ApiClient, ApiObject } from "../../platform/kube/api-client.ts";
import { createApiClient } from "../../platform/kube/client-node.ts";
import { loadKubeConfig } from "../../platform/kube/kube-config.ts";
import { type Resource, resources } from "../../platform/kube/resources.ts";
import { startApiServer } from "../../playground/api-server/start.ts";
import type { ManagedProcess } from "../../playground/managed-process.ts";
import { NamespaceProgram } from "../../playground/nodes/namespace-program.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { type AgentNode, createAgentNode } from "../support/agent-node.ts";
import { skipBecause } from "../support/skip.ts";

const nodeName = "worker-1";
const namespace = `ksupkeep${process.pid}`;
const nodeAddresses = { ipv4: "192.0.2.1", ipv6: "2001:db8::1" };
const pods = {
  a: { ipv4: "10.244.1.2", ipv6: "fd00:10:244:1::2" },
  b: { ipv4: "10.244.1.3", ipv6: "fd00:10:244:1::3" },
};
const podPort = 5353;

type PodName = keyof typeof pods;
type Family = "ipv4" | "ipv6";
const families: readonly Family[] = ["ipv4", "ipv6"];
const clusterIPs = { ipv4: "10.96.0.53", ipv6: "fd00:10:96::53" };
const externalIPs = { ipv4: "203.0.113.53", ipv6: "2001:db8:53::53" };
const loopback = { ipv4: "127.0.0.1", ipv6: "::1" };

const settings = `
apiVersion: kubesteer.dev/v1alpha1
kind: ProxyConfig
metadata: { name: default }
spec:
  nodePorts: { localhost: true }
  conntrack: { maxPerCore: 1, min: 1048577, udpTimeoutSeconds: 45, tcpBeLiberal: true }
`;

const nodeObject = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: nodeName },
  spec: { podCIDRs: ["10.244.1.0/24", "fd00:10:244:1::/64"] },
  status: { addresses: Object.values(nodeAddresses).map((address) => ({ type: "InternalIP", address })) },
};

const someFirewall = `
table inet firewall {
  chain output { type filter hook output priority 0; ct state established accept; }
}
`;

function makeService(fields: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "dns", namespace: "default" },
    spec: {
      clusterIP: clusterIPs.ipv4,
      clusterIPs: Object.values(clusterIPs),
      ipFamilyPolicy: "RequireDualStack",
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: podPort },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: podPort },
      ],
      ...fields,
    },
  };
}

function makeSlice(family: Family, names: readonly PodName[], endpoint: object = {}) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `dns-${family}`,
      namespace: "default",
      labels: { "kubernetes.io/service-name": "dns" },
    },
    addressType: family === "ipv4" ? "IPv4" : "IPv6",
    ports: [
      { name: "dns", port: podPort, protocol: "UDP" },
      { name: "dns-tcp", port: podPort, protocol: "TCP" },
    ],
    endpoints: names.map((name) => ({ addresses: [pods[name][family]], nodeName, ...endpoint })),
  };
}

/** Which pod answers, or "" when none does. The same source port is the same flow for the kernel. */
async function askUdp(address: string, port: number, from: number): Promise<string> {
  const target = address.includes(":") ? `UDP6:[${address}]` : `UDP4:${address}`;
  const { stdout } = await execa(
    "ip",
    ["netns", "exec", namespace, "socat", "-t", "0.3", "-", `${target}:${port},sourceport=${from}`],
    { input: "x", reject: false },
  );
  return stdout.split(" ")[0] ?? "";
}

async function untilAnswers(expected: string, address: string, port: number, from: number): Promise<void> {
  await waitUntil(`"${expected}" from ${address} port ${port}`, async () => {
    return (await askUdp(address, port, from)) === expected;
  });
}

describe("node services, with a real agent and kernel", function () {
  this.timeout(60_000);

  const cleanups = new AsyncDisposableStack();
  let client: ApiClient;
  let node: AgentNode;
  let agent: ManagedProcess;
  let sourcePort = 40_000;

  before(async function () {
    if (process.getuid?.() !== 0) skipBecause(this, "not root: cannot create a network namespace");
    for (const tool of ["nft", "ip", "socat", "curl", "conntrack"]) {
      const { failed } = await execa("which", [tool], { reject: false });
      if (failed) skipBecause(this, `${tool} is not installed`);
    }
    const folder = await mkdtemp(join(tmpdir(), `${namespace}-`));
    cleanups.defer(() => rm(folder, { recursive: true, force: true }));
    const configFile = join(folder, "config.yaml");
    await writeFile(configFile, settings);
    const apiSocket = join(folder, "api.sock");
    const apiServer = await startApiServer({ port: 0, socketPath: apiSocket });
    cleanups.defer(() => apiServer.close());
    client = createApiClient(loadKubeConfig({ server: apiServer.url }), { userAgent: "node-services-test" });
    // Not by server-side apply: the list of addresses is keyed by type and has an InternalIP per family.
    await client.create(resources.nodes, nodeObject);
    const { status } = nodeObject;
    await client.mergePatch(
      { resource: resources.nodes, name: nodeName },
      { status },
      { subresource: "status" },
    );
    node = await createAgentNode({ namespace, nodeName, address: `${nodeAddresses.ipv4}/32`, apiSocket });
    cleanups.defer(() => node.close());
    await startPods();
    agent = node.createAgent("agent", [`--config=${configFile}`]);
    agent.start();
    await waitUntil(
      "the first sync",
      async () => (await metric("kubeproxy_sync_proxy_rules_last_timestamp_seconds")) > 0,
    );
  });

  after(() => cleanups.disposeAsync());

  /** Servers on addresses of the node itself. What goes to Services untranslated leaves the node and gets no answer. */
  async function startPods(): Promise<void> {
    const ofPods = Object.values(pods).flatMap((pod) => Object.values(pod));
    const addresses = [nodeAddresses.ipv6, ...Object.values(externalIPs), ...ofPods];
    for (const address of addresses) await node.run("ip", ["address", "add", address, "dev", "lo"]);
    await node.run("ip", ["link", "add", "uplink", "type", "veth", "peer", "name", "nowhere"]);
    for (const link of ["uplink", "nowhere"]) await node.run("ip", ["link", "set", link, "up"]);
    for (const address of Object.values(clusterIPs)) {
      await node.run("ip", ["route", "add", address, "dev", "uplink"]);
      const neighbour = [address, "lladdr", "02:00:00:00:00:01", "dev", "uplink"];
      await node.run("ip", ["neighbour", "add", ...neighbour]);
    }
    for (const [name, pod] of Object.entries(pods)) {
      const argument = { name, addresses: Object.values(pod), tcpPorts: [podPort], udpPorts: [podPort] };
      const server = new NamespaceProgram({ namespace, program: "pod-server.mjs", argument });
      cleanups.defer(() => server.close());
      await server.readLine();
    }
  }

  async function apply(resource: Resource, object: ApiObject): Promise<void> {
    await client.apply(resource, object, { fieldManager: "test" });
  }

  async function setEndpoints(names: readonly PodName[], endpoint: object = {}): Promise<void> {
    for (const family of families) await apply(resources.endpointSlices, makeSlice(family, names, endpoint));
  }

  async function deleteService(): Promise<void> {
    await client.delete({ resource: resources.services, namespace: "default", name: "dns" });
  }

  /** Flows to the address, as the kernel lists them. */
  async function flowsTo(address: string, protocol = "udp"): Promise<readonly string[]> {
    const family = address.includes(":") ? "ipv6" : "ipv4";
    const listing = await node.run("conntrack", ["-L", "-f", family, "-p", protocol, "-d", address]);
    return listing.split("\n").filter((line) => line !== "");
  }

  async function metric(name: string): Promise<number> {
    const text = await node.run("curl", ["--silent", "http://127.0.0.1:10249/metrics"]);
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+]+)`, "gm"))];
    return values.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async function readConntrackSetting(name: string): Promise<number> {
    return Number(await node.run("cat", [`/proc/sys/net/netfilter/nf_conntrack_${name}`]));
  }

  async function curl(url: string): Promise<{ readonly status: number; readonly body: string }> {
    const output = await node.run("curl", [
      "--silent",
      "--max-time",
      "3",
      "--write-out",
      "\n%{http_code}",
      url,
    ]);
    const end = output.lastIndexOf("\n");
    return { status: Number(output.slice(end + 1)), body: output.slice(0, end) };
  }

  async function untilHealthCheckSays(status: number, url: string): Promise<string> {
    return await waitUntil(`${status} from ${url}`, async () => {
      const answer = await curl(url);
      return answer.status === status && answer.body;
    });
  }

  for (const family of families) {
    describe(`UDP flows over ${family}`, () => {
      const address = clusterIPs[family];
      let from: number;

      beforeEach(async () => {
        from = sourcePort += 1;
        await apply(resources.services, makeService());
        await setEndpoints(["a"]);
        await untilAnswers("a", address, 53, from);
      });

      afterEach(async () => {
        await deleteService();
        await waitUntil("no flow to be left", async () => (await flowsTo(address)).length === 0);
      });

      it("a client that goes on sending gets the new endpoint when its own is gone", async () => {
        const before = await metric("kubeproxy_conntrack_reconciler_deleted_entries_total");
        await setEndpoints(["b"]);
        await untilAnswers("b", address, 53, from);
        assert.ok((await metric("kubeproxy_conntrack_reconciler_deleted_entries_total")) > before);
        assert.ok((await metric("kubeproxy_conntrack_reconciler_sync_duration_seconds_count")) > 0);
      });

      it("a client keeps an endpoint that terminates for as long as it serves", async () => {
        for (const other of families) {
          const slice = makeSlice(other, ["a", "b"]);
          Object.assign(slice.endpoints[0] ?? {}, {
            conditions: { ready: false, serving: true, terminating: true },
          });
          await apply(resources.endpointSlices, slice);
        }
        // A new flow for each try: one that began before the change was programmed keeps its endpoint too.
        await waitUntil("new flows to go to b", async () => {
          return (await askUdp(address, 53, (sourcePort += 1))) === "b";
        });
        await untilAnswers("a", address, 53, from);
        await setEndpoints(["b"]);
        await untilAnswers("b", address, 53, from);
      });

      it("a client that began before anybody served the address gets an endpoint", async () => {
        const externalIP = externalIPs[family];
        assert.equal(await askUdp(externalIP, 53, from), "");
        assert.match((await flowsTo(externalIP)).join(), /UNREPLIED/);
        await apply(resources.services, makeService({ externalIPs: [externalIP] }));
        await untilAnswers("a", externalIP, 53, from);
      });

      it("flows end when no endpoint is left", async () => {
        await setEndpoints([]);
        await waitUntil("no flow to the pod", async () => (await flowsTo(address)).length === 0);
      });

      it("a NodePort's flows follow its endpoints, and end with it", async () => {
        const nodePort = 30_053;
        const ports = [{ name: "dns", port: 53, protocol: "UDP", targetPort: podPort, nodePort }];
        await apply(resources.services, makeService({ type: "NodePort", ports }));
        await untilAnswers("a", nodeAddresses[family], nodePort, from);
        await setEndpoints(["b"]);
        await untilAnswers("b", nodeAddresses[family], nodePort, from);
        await deleteService();
        await waitUntil("no flow to the NodePort", async () => {
          return (await flowsTo(nodeAddresses[family])).every((flow) => !flow.includes(pods.b[family]));
        });
      });
    });

    it(`clients that began while the rules were gone are answered once they are back, over ${family}`, async () => {
      const address = clusterIPs[family];
      const from = (sourcePort += 1);
      await apply(resources.services, makeService());
      await setEndpoints(["a"]);
      await untilAnswers("a", address, 53, (sourcePort += 1));
      agent.signal("SIGSTOP");
      // Others' rules keep the kernel tracking connections, as on nodes with a firewall or a network plugin.
      await node.run("nft", ["-f", "-"], { input: `flush ruleset\n${someFirewall}` });
      const url = `http://${family === "ipv4" ? address : `[${address}]`}:53/`;
      const answer = node.run("curl", ["--silent", "--max-time", "20", url]);
      await waitUntil("the kernel to track the attempt", async () => {
        return (await flowsTo(address, "tcp")).some((flow) => flow.includes("SYN_SENT"));
      });
      assert.equal(await askUdp(address, 53, from), "");
      assert.match((await flowsTo(address)).join(), new RegExp(`sport=${from} dport=53 \\[UNREPLIED\\]`));
      agent.signal("SIGCONT");
      assert.match(await answer, /^a /);
      await untilAnswers("a", address, 53, from);
      await deleteService();
    });

    it(`health check node ports tell of the endpoints of this node over ${family}`, async () => {
      const host = family === "ipv4" ? nodeAddresses.ipv4 : `[${nodeAddresses.ipv6}]`;
      const url = `http://${host}:32199/`;
      const balancer = {
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        healthCheckNodePort: 32_199,
      };
      await apply(resources.services, makeService(balancer));
      await setEndpoints(["a", "b"]);
      const body = await untilHealthCheckSays(200, url);
      assert.deepEqual(JSON.parse(body), {
        service: { namespace: "default", name: "dns" },
        localEndpoints: 2,
        serviceProxyHealthy: true,
      });
      await setEndpoints(["a"], { nodeName: "worker-2" });
      assert.match(await untilHealthCheckSays(503, url), /"localEndpoints": 0/);
      await deleteService();
      await waitUntil("the port to be closed", async () => {
        return await node.run("curl", ["--silent", url]).then(
          () => false,
          () => true,
        );
      });
    });

    it(`NodePorts answer on the loopback address over ${family}`, async () => {
      const host = family === "ipv4" ? loopback.ipv4 : `[${loopback.ipv6}]`;
      await apply(
        resources.services,
        makeService({
          type: "NodePort",
          ports: [
            { name: "dns", port: 53, protocol: "UDP", targetPort: podPort, nodePort: 30_054 },
            { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: podPort, nodePort: 30_054 },
          ],
        }),
      );
      await setEndpoints(["a"]);
      await untilAnswers("a", loopback[family], 30_054, (sourcePort += 1));
      await waitUntil("pod a over TCP", async () => {
        const { body } = await curl(`http://${host}:30054/`);
        return body.startsWith("a ") && !body.includes(` ${loopback[family]} `);
      });
      await setEndpoints(["b"]);
      await waitUntil("pod b over TCP", async () =>
        (await curl(`http://${host}:30054/`)).body.startsWith("b "),
      );
      await untilAnswers("b", loopback[family], 30_054, sourcePort);
      await deleteService();
      await waitUntil("nobody over UDP", async () => {
        return (await askUdp(loopback[family], 30_054, (sourcePort += 1))) === "";
      });
    });
  }

  it("conntrack settings are in force, and those of the whole machine are told to be out of reach", async () => {
    await waitUntil("the UDP timeout", async () => (await readConntrackSetting("udp_timeout")) === 45);
    assert.equal(await readConntrackSetting("tcp_timeout_established"), 86_400);
    assert.equal(await readConntrackSetting("tcp_timeout_close_wait"), 3_600);
    assert.equal(await readConntrackSetting("tcp_be_liberal"), 1);
    assert.notEqual(await readConntrackSetting("max"), 1_048_577);
    assert.ok((await metric("kubesteer_refused_kernel_settings")) >= 1);
  });
});
