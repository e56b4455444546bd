import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { apiGroupVersion, type NodeProxy, type NodeProxyStatus } from "../../crds/api.ts";
import type { ApiClient, ApiObject } from "../../platform/kube/api-client.ts";
import { type Resource, resources } from "../../platform/kube/resources.ts";
import { ManagedProcess } from "../../playground/managed-process.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { type AgentNode, apiServerInNode, createAgentNode } from "../support/agent-node.ts";
import { makeNodeProxySpec } from "../support/make-node-proxy-spec.ts";
import { type RestartableApi, startRestartableApi } from "../support/restartable-api.ts";
import { skipBecause } from "../support/skip.ts";

const root = join(import.meta.dirname, "../..");
const nodeName = "worker-1";
const namespace = `ksagent${process.pid}`;
const crdResource: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

function makeNodeProxy(revision: string, config: object = {}) {
  const node = { podCIDRs: ["10.244.1.0/24"], addresses: ["192.0.2.1"] };
  const spec = { ...makeNodeProxySpec({ revision, node }), config };
  return { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: nodeName }, spec };
}

function makeService(name: string, clusterIP: string, fields: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { clusterIP, ports: [{ port: 80 }], ...fields },
  };
}

function makeSlice(service: string, ...addresses: readonly string[]) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-1`,
      namespace: "default",
      labels: { "kubernetes.io/service-name": service },
    },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

function conditionIs(status: NodeProxyStatus, type: string, expected: string): boolean {
  return (
    status.conditions?.some((condition) => condition.type === type && condition.status === expected) ?? false
  );
}

describe("agent with the real kernel", function () {
  this.timeout(60_000);

  let folder: string;
  let api: RestartableApi;
  let client: ApiClient;
  let node: AgentNode;
  let agent: ManagedProcess;
  const cleanups = new AsyncDisposableStack();

  before(async function () {
    if (process.getuid?.() !== 0) skipBecause(this, "not root: cannot create a network namespace");
    for (const tool of ["nft", "ip", "socat", "curl"]) {
      const { failed } = await execa("which", [tool], { reject: false });
      if (failed) skipBecause(this, `${tool} is not installed`);
    }
    folder = await mkdtemp(join(tmpdir(), `${namespace}-`));
    cleanups.defer(() => rm(folder, { recursive: true, force: true }));
    api = await startRestartableApi(folder);
    cleanups.defer(() => api.close());
    ({ client } = api);
    for (const kind of ["nodeproxies", "proxyconfigs"]) {
      const crd: ApiObject = parse(await readFile(join(root, `crds/kubesteer.dev_${kind}.yaml`), "utf8"));
      await client.create(crdResource, crd);
    }
    await apply(resources.nodes, { apiVersion: "v1", kind: "Node", metadata: { name: nodeName } });
    for (const resource of [resources.nodeProxies, resources.proxyConfigs]) {
      await waitUntil(`${resource.plural} to be served`, () => client.list(resource));
    }
    node = await createAgentNode({
      namespace,
      nodeName,
      address: "192.0.2.1/32",
      apiSocket: api.socket,
      apiFlags: await api.agentFlags(nodeName, apiServerInNode),
    });
    cleanups.defer(() => node.close());
    agent = node.createAgent("agent");
    agent.start();
  });

  after(() => cleanups.disposeAsync());

  async function apply(resource: Resource, object: ApiObject): Promise<void> {
    await client.apply(resource, object, { fieldManager: "test" });
  }

  async function applyService(
    name: string,
    clusterIP: string,
    ...endpoints: readonly string[]
  ): Promise<void> {
    await apply(resources.services, makeService(name, clusterIP));
    await apply(resources.endpointSlices, makeSlice(name, ...endpoints));
  }

  /** The elements of all our maps and sets, without counters and without the generation of the table. */
  async function readElements(): Promise<readonly string[]> {
    const table = await node.run("nft", ["-s", "list", "table", "ip", "kubesteer"]);
    return [...table.matchAll(/elements = \{([^}]*)\}/g)]
      .flatMap(([, list = ""]) => list.split(","))
      .map((element) => element.trim().replaceAll(/\s+/g, " "))
      .filter((element) => !/^0x[0-9a-f]+$/.test(element));
  }

  /** The endpoint of port 80 of each address, as `10.96.0.10 -> 10.244.1.5`. */
  async function readRoutes(): Promise<ReadonlySet<string>> {
    const route = /^(\S+) \. 80 \. \S+ : (\S+) \. 8080$/;
    const routes = (await readElements()).map((element) => route.exec(element)?.slice(1).join(" -> ") ?? "");
    return new Set(routes);
  }

  async function untilKernelHas(...routes: readonly string[]): Promise<void> {
    await waitUntil(`${routes.join(", ")} in the kernel`, async () => {
      const present = await readRoutes();
      return routes.every((route) => present.has(route));
    });
  }

  async function untilStatus(what: string, holds: (status: NodeProxyStatus) => boolean): Promise<void> {
    await waitUntil(what, async () => {
      const found = await client.get<NodeProxy>({ resource: resources.nodeProxies, name: nodeName });
      return found?.status !== undefined && holds(found.status);
    });
  }

  async function untilHealthzSays(pattern: RegExp): Promise<void> {
    await waitUntil(`${String(pattern)} in /healthz`, async () => {
      return pattern.test(await node.run("curl", ["--silent", "http://127.0.0.1:10256/healthz"]));
    });
  }

  /** A server that answers hello on port 8080 of an address of the node, and routes to the Services. */
  async function serveHello(address: string): Promise<ManagedProcess> {
    await node.run("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
    await node.run("ip", ["route", "replace", "10.96.0.0/16", "dev", "lo"]);
    const server = new ManagedProcess({
      name: "hello",
      command: "socat",
      args: [`TCP4-LISTEN:8080,bind=${address},fork,reuseaddr`, "SYSTEM:echo hello"],
      logFile: join(folder, "hello.log"),
      netns: namespace,
    });
    cleanups.defer(() => server.stop("SIGKILL"));
    server.start();
    return server;
  }

  async function askHello(clusterIP: string): Promise<string> {
    return await node.run("socat", ["-u", `TCP4:${clusterIP}:80,connect-timeout=1`, "-"]);
  }

  async function readMetric(name: string): Promise<string> {
    const scrape = await node.run("curl", ["--silent", "http://127.0.0.1:10249/metrics"]);
    return (
      scrape
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1) ?? "absent"
    );
  }

  async function tableHandles(): Promise<string> {
    return await node.run("nft", ["-a", "list", "tables"]);
  }

  it("changes nothing before it has settings, and reports what it is waiting for", async () => {
    await applyService("web", "10.96.0.10", "10.244.1.5", "10.244.1.6");
    await untilHealthzSays(/"stale":true.*NodeProxy of this node/);
    assert.equal(await node.run("nft", ["list", "tables"]), "");
  });

  it("a Service and its EndpointSlice appear in the kernel, and the status reports it", async () => {
    await apply(resources.nodeProxies, makeNodeProxy("r1"));
    await untilKernelHas("10.96.0.10 -> 10.244.1.5", "10.96.0.10 -> 10.244.1.6");
    await untilStatus("Ready with revision r1", (status) => {
      return status.observedRevision === "r1" && conditionIs(status, "Ready", "True");
    });
    await untilHealthzSays(/"stale":false,"healthy":true/);
  });

  it("a changed EndpointSlice changes the elements of its Service only", async () => {
    await applyService("other", "10.96.0.11", "10.244.1.7");
    await untilKernelHas("10.96.0.11 -> 10.244.1.7");
    const before = await readElements();
    await apply(resources.endpointSlices, makeSlice("other", "10.244.1.8"));
    await untilKernelHas("10.96.0.11 -> 10.244.1.8");
    const after = await readElements();
    const changed = [...before, ...after].filter(
      (element) => !before.includes(element) || !after.includes(element),
    );
    assert.deepEqual(
      changed.filter((element) => !element.includes("10.244.1.7") && !element.includes("10.244.1.8")),
      [],
    );
  });

  it("a Service with the address of another one is left out and reported, all others are programmed", async () => {
    await apply(resources.services, makeService("thief", "10.96.0.12", { externalIPs: ["10.96.0.10"] }));
    await apply(resources.endpointSlices, makeSlice("thief", "10.244.1.66"));
    await applyService("later", "10.96.0.13", "10.244.1.9");
    await untilKernelHas("10.96.0.10 -> 10.244.1.5", "10.96.0.12 -> 10.244.1.66", "10.96.0.13 -> 10.244.1.9");
    await untilStatus("the thief in the status", (status) => {
      const named = status.services?.unsupported?.some(({ service }) => service === "default/thief") ?? false;
      return named && conditionIs(status, "Degraded", "True") && conditionIs(status, "Ready", "True");
    });
    assert.ok(await client.delete({ resource: resources.services, name: "thief", namespace: "default" }));
    await untilStatus("no condition Degraded", (status) => conditionIs(status, "Degraded", "False"));
  });

  it("a different scheduling algorithm is applied without a restart", async () => {
    const { pid } = agent;
    await apply(resources.nodeProxies, makeNodeProxy("r2", { scheduling: { algorithm: "SourceHash" } }));
    await untilStatus("revision r2", (status) => status.observedRevision === "r2");
    assert.equal(agent.pid, pid);
  });

  it("an external deletion is repaired, and reported in status, Events and metrics", async () => {
    await node.run("nft", ["flush", "ruleset"]);
    await untilKernelHas("10.96.0.10 -> 10.244.1.5");
    await untilStatus("the drift in the status", ({ drift, conditions }) => {
      const condition = conditions?.find(({ type }) => type === "Drifted");
      return (
        drift?.detectedTotal === 1 &&
        /^nft \(process \d+/.test(drift.lastCulprit ?? "") &&
        condition?.status === "False"
      );
    });
    await waitUntil("the Event", async () => {
      const { items } = await client.list(resources.events);
      return items.some((event) => "reason" in event && event["reason"] === "DriftRepaired");
    });
    const metrics = await node.run("curl", ["--silent", "http://127.0.0.1:10249/metrics"]);
    assert.match(metrics, /^kubesteer_drift_detected_total\{mode="nftables"\} 1$/m);
    assert.match(metrics, /^kubesteer_drift_repairs_total\{mode="nftables"\} 1$/m);
    assert.match(metrics, /^kubesteer_drifted\{mode="nftables"\} 0$/m);
  });

  it("with drift.policy Report, an external deletion is only reported", async () => {
    await apply(resources.nodeProxies, makeNodeProxy("r3", { drift: { policy: "Report" } }));
    await untilStatus("revision r3", (status) => status.observedRevision === "r3");
    await node.run("nft", ["flush", "map", "ip", "kubesteer", "eps-tcp"]);
    await untilStatus("Drifted", (status) => conditionIs(status, "Drifted", "True"));
    assert.equal((await readRoutes()).has("10.96.0.10 -> 10.244.1.5"), false);
    await apply(resources.nodeProxies, makeNodeProxy("r4", { drift: { policy: "Repair" } }));
    await untilKernelHas("10.96.0.10 -> 10.244.1.5");
    await untilStatus("not Drifted", (status) => conditionIs(status, "Drifted", "False"));
  });

  it("shows how one Service is served", async () => {
    const text = await node.run("curl", ["--silent", "http://127.0.0.1:10249/services/default/web"]);
    assert.match(text, /"service": "default\/web"/);
    assert.match(text, /"address": "10\.96\.0\.10",\s+"port": 80,\s+"connections": \d+/);
    assert.match(text, /"address": "10\.244\.1\.5",/);
  });

  it("after being killed and restarted, the agent takes over the existing table", async () => {
    const handles = await tableHandles();
    await agent.stop("SIGKILL");
    assert.equal(await tableHandles(), handles, "rules stay while no agent runs");
    await applyService("meanwhile", "10.96.0.14", "10.244.1.10");
    agent.start();
    await untilKernelHas("10.96.0.10 -> 10.244.1.5", "10.96.0.14 -> 10.244.1.10");
    assert.equal(await tableHandles(), handles);
  });

  it("a change after a restart of the API server arrives", async () => {
    const { pid } = agent;
    await api.process.restart("SIGKILL");
    await api.ready();
    await applyService("after", "10.96.0.15", "10.244.1.11");
    await untilKernelHas("10.96.0.15 -> 10.244.1.11", "10.96.0.10 -> 10.244.1.5");
    assert.equal(agent.pid, pid);
  });

  it("an agent that starts while the API server is down keeps the rules, reports it, and continues when the server is back", async () => {
    await agent.stop();
    await api.process.stop("SIGKILL");
    agent.start();
    await untilHealthzSays(/"stale":true.*waiting for Services and EndpointSlices/);
    assert.ok((await readRoutes()).has("10.96.0.10 -> 10.244.1.5"));
    api.process.start();
    await api.ready();
    await applyService("back", "10.96.0.17", "10.244.1.13");
    await untilKernelHas("10.96.0.17 -> 10.244.1.13", "10.96.0.10 -> 10.244.1.5");
  });

  it("a node that boots while the API server is down serves the last known Services, then the changes since", async () => {
    const server = await serveHello("10.244.1.21");
    await applyService("hello", "10.96.0.21", "10.244.1.21");
    await applyService("gone", "10.96.0.22", "10.244.1.22");
    await untilKernelHas("10.96.0.21 -> 10.244.1.21", "10.96.0.22 -> 10.244.1.22");
    await agent.stop();
    assert.ok(await client.delete({ resource: resources.services, name: "gone", namespace: "default" }));
    await api.process.stop("SIGKILL");
    await node.run("nft", ["flush", "ruleset"]);
    await assert.rejects(askHello("10.96.0.21"));

    agent.start();
    await waitUntil("an answer", () => askHello("10.96.0.21"));
    await untilKernelHas("10.96.0.22 -> 10.244.1.22");
    await untilHealthzSays(/"stale":true,"staleSince":"20.*until then Services are served as they were at/);
    assert.match(await readMetric("kubesteer_stale_since_timestamp_seconds"), /^[1-9]/);

    api.process.start();
    await api.ready();
    await waitUntil("no deleted Service", async () => !(await readRoutes()).has("10.96.0.22 -> 10.244.1.22"));
    await untilHealthzSays(/"stale":false,"healthy":true,"nodeEligible":true,"messages":\[\]/);
    assert.equal(await readMetric("kubesteer_stale_since_timestamp_seconds"), "0");
    await untilStatus("Ready", (status) => conditionIs(status, "Ready", "True"));
    assert.equal(await askHello("10.96.0.21"), "hello");
    await server.stop("SIGKILL");
  });

  it("SIGTERM ends the agent with exit code 0 and leaves the rules", async () => {
    await agent.stop("SIGKILL");
    const args = node.agentArguments([]);
    const program = execa("ip", ["netns", "exec", namespace, process.execPath, ...args], { reject: false });
    await untilHealthzSays(/"stale":false/);
    program.kill("SIGTERM");
    const { exitCode } = await program;
    assert.equal(exitCode, 0);
    assert.ok((await readRoutes()).has("10.96.0.10 -> 10.244.1.5"));
  });

  it("an agent with a configuration file runs without a NodeProxy", async () => {
    assert.ok(await client.delete({ resource: resources.nodeProxies, name: nodeName }));
    const file = join(folder, "config.yaml");
    const config = { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name: "file" }, spec: {} };
    await writeFile(file, JSON.stringify(config));
    const alone = node.createAgent("alone", [`--config=${file}`]);
    alone.start();
    await applyService("alone", "10.96.0.16", "10.244.1.12");
    await untilKernelHas("10.96.0.16 -> 10.244.1.12");
    assert.equal(await client.get({ resource: resources.nodeProxies, name: nodeName }), undefined);
    await alone.stop();
  });

  it("cleanup removes our tables and no others", async () => {
    await node.run("nft", ["-f", "-"], { input: "add table inet foreign\n" });
    await node.run(process.execPath, [join(root, "agent/main.ts"), "cleanup"]);
    assert.equal(await node.run("nft", ["list", "tables"]), "table inet foreign");
  });
});
