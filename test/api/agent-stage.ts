/** An agent on a node of its own, with the real kernel, and an API server that can be stopped and started. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Context } from "mocha";
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
export const nodeName = "worker-1";
export const namespace = `ksagent${process.pid}`;
const crdResource: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

export function makeNodeProxy(revision: string, config: object = {}) {
  const node = { podCIDRs: ["10.244.1.0/24"], addresses: ["192.0.2.1"] };
  const spec = { ...makeNodeProxySpec({ revision, node }), config };
  return { apiVersion: apiGroupVersion, kind: "NodeProxy", metadata: { name: nodeName }, spec };
}

export function makeService(name: string, clusterIP: string, fields: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { clusterIP, ports: [{ port: 80 }], ...fields },
  };
}

export function makeSlice(service: string, ...addresses: readonly string[]) {
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

export function conditionIs(status: NodeProxyStatus, type: string, expected: string): boolean {
  return (
    status.conditions?.some((condition) => condition.type === type && condition.status === expected) ?? false
  );
}

/** @throws after skipping the suite of `context` if this machine cannot run an agent */
async function requireTools(context: Context): Promise<void> {
  if (process.getuid?.() !== 0) skipBecause(context, "not root: cannot create a network namespace");
  for (const tool of ["nft", "ip", "socat", "curl"]) {
    const { failed } = await execa("which", [tool], { reject: false });
    if (failed) skipBecause(context, `${tool} is not installed`);
  }
}

export class AgentStage {
  readonly folder: string;
  readonly api: RestartableApi;
  readonly node: AgentNode;
  readonly agent: ManagedProcess;
  readonly #cleanups: AsyncDisposableStack;

  private constructor(parts: Pick<AgentStage, "folder" | "api" | "node">, cleanups: AsyncDisposableStack) {
    this.folder = parts.folder;
    this.api = parts.api;
    this.node = parts.node;
    this.agent = parts.node.createAgent("agent");
    this.#cleanups = cleanups;
  }

  /** Starts the API server with our CRDs and one Node, and the agent of that node. */
  static async start(context: Context): Promise<AgentStage> {
    await requireTools(context);
    await using cleanups = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), `${namespace}-`));
    cleanups.defer(() => rm(folder, { recursive: true, force: true }));
    const api = await startRestartableApi(folder);
    cleanups.defer(() => api.close());
    await installKinds(api.client);
    const node = await createAgentNode({
      namespace,
      nodeName,
      address: "192.0.2.1/32",
      apiSocket: api.socket,
      apiFlags: await api.agentFlags(nodeName, apiServerInNode),
    });
    cleanups.defer(() => node.close());
    const stage = new AgentStage({ folder, api, node }, cleanups.move());
    stage.agent.start();
    return stage;
  }

  get client(): ApiClient {
    return this.api.client;
  }

  async close(): Promise<void> {
    await this.#cleanups.disposeAsync();
  }

  async apply(resource: Resource, object: ApiObject): Promise<void> {
    await this.client.apply(resource, object, { fieldManager: "test" });
  }

  async applyService(name: string, clusterIP: string, ...endpoints: readonly string[]): Promise<void> {
    await this.apply(resources.services, makeService(name, clusterIP));
    await this.apply(resources.endpointSlices, makeSlice(name, ...endpoints));
  }

  /** The elements of all our maps and sets, without counters and without the generation of the table. */
  async readElements(): Promise<readonly string[]> {
    const table = await this.node.run("nft", ["-s", "list", "table", "ip", "kubesteer"]);
    return [...table.matchAll(/elements = \{([^}]*)\}/g)]
      .flatMap(([, list = ""]) => list.split(","))
      .map((element) => element.trim().replaceAll(/\s+/g, " "))
      .filter((element) => !/^0x[0-9a-f]+$/.test(element));
  }

  /** The endpoint of port 80 of each address, as `10.96.0.10 -> 10.244.1.5`. */
  async readRoutes(): Promise<ReadonlySet<string>> {
    const route = /^(\S+) \. 80 \. \S+ : (\S+) \. 8080$/;
    const routes = (await this.readElements()).map(
      (element) => route.exec(element)?.slice(1).join(" -> ") ?? "",
    );
    return new Set(routes);
  }

  async untilKernelHas(...routes: readonly string[]): Promise<void> {
    await waitUntil(`${routes.join(", ")} in the kernel`, async () => {
      const present = await this.readRoutes();
      return routes.every((route) => present.has(route));
    });
  }

  async untilStatus(what: string, holds: (status: NodeProxyStatus) => boolean): Promise<void> {
    await waitUntil(what, async () => {
      const found = await this.client.get<NodeProxy>({ resource: resources.nodeProxies, name: nodeName });
      return found?.status !== undefined && holds(found.status);
    });
  }

  async untilHealthzSays(pattern: RegExp): Promise<void> {
    const isSaid = async (): Promise<boolean> =>
      pattern.test(await this.node.run("curl", ["--silent", "http://127.0.0.1:10256/healthz"]));
    await waitUntil(`${String(pattern)} in /healthz`, isSaid, { timeoutMs: 45_000 });
  }

  /** A server that answers hello on port 8080 of an address of the node, and routes to the Services. */
  async serveHello(address: string): Promise<ManagedProcess> {
    await this.node.run("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
    await this.node.run("ip", ["route", "replace", "10.96.0.0/16", "dev", "lo"]);
    const server = new ManagedProcess({
      name: "hello",
      command: "socat",
      args: [`TCP4-LISTEN:8080,bind=${address},fork,reuseaddr`, "SYSTEM:echo hello"],
      logFile: join(this.folder, "hello.log"),
      netns: namespace,
    });
    this.#cleanups.defer(() => server.stop("SIGKILL"));
    server.start();
    return server;
  }

  async askHello(clusterIP: string): Promise<string> {
    return await this.node.run("socat", ["-u", `TCP4:${clusterIP}:80,connect-timeout=1`, "-"]);
  }

  async readMetric(name: string): Promise<string> {
    const scrape = await this.node.run("curl", ["--silent", "http://127.0.0.1:10249/metrics"]);
    return (
      scrape
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1) ?? "absent"
    );
  }

  async tableHandles(): Promise<string> {
    return await this.node.run("nft", ["-a", "list", "tables"]);
  }
}

async function installKinds(client: ApiClient): Promise<void> {
  for (const kind of ["nodeproxies", "proxyconfigs"]) {
    const crd: ApiObject = parse(await readFile(join(root, `crds/kubesteer.dev_${kind}.yaml`), "utf8"));
    await client.create(crdResource, crd);
  }
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName } };
  await client.apply(resources.nodes, node, { fieldManager: "test" });
  for (const resource of [resources.nodeProxies, resources.proxyConfigs]) {
    await waitUntil(`${resource.plural} to be served`, () => client.list(resource));
  }
}
