import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { apiServerProgram } from "@kubesteer/playground-api-server/program";
import { apiGroupVersion } from "../../crds/api.ts";
import type { ApiClient, ApiObject } from "../../platform/kube/api-client.ts";
import { createApiClient } from "../../platform/kube/client-node.ts";
import { loadKubeConfig } from "../../platform/kube/kube-config.ts";
import { type Resource, resources } from "../../platform/kube/resources.ts";
import { findFreePort } from "../../playground/free-port.ts";
import { ManagedProcess } from "../../playground/managed-process.ts";
import { NamespaceProgram } from "../../playground/nodes/namespace-program.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { type AgentNode, createAgentNode } from "../support/agent-node.ts";
import { makeNodeProxySpec } from "../support/make-node-proxy-spec.ts";

const root = join(import.meta.dirname, "../..");
const nodeName = "worker-1";
const pods = ["10.244.1.5", "10.244.1.6"];

/** A Service that never changes, with endpoints that answer. */
export const stableAddress = "10.96.0.10";

const crdResource: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/** An API server as a process, and nodes with agents in their own network namespaces. */
export class SoakStage implements AsyncDisposable {
  readonly client: ApiClient;
  readonly apiServer: ManagedProcess;
  readonly #folder: string;
  readonly #url: string;
  readonly #apiSocket: string;
  readonly #cleanups: AsyncDisposableStack;

  private constructor(folder: string, port: number, cleanups: AsyncDisposableStack) {
    this.#folder = folder;
    this.#url = `http://127.0.0.1:${port}`;
    this.#apiSocket = join(folder, "api.sock");
    this.#cleanups = cleanups;
    this.apiServer = new ManagedProcess({
      name: "api-server",
      command: process.execPath,
      args: [apiServerProgram, `--port=${port}`, `--socket=${this.#apiSocket}`, `--data-dir=${folder}`],
      logFile: join(folder, "api-server.log"),
    });
    cleanups.defer(() => this.apiServer.stop("SIGKILL"));
    this.client = createApiClient(loadKubeConfig({ server: this.#url }), { userAgent: "soak" });
  }

  static async create(): Promise<SoakStage> {
    const cleanups = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "kubesteer-soak-"));
    cleanups.defer(() => rm(folder, { recursive: true, force: true }));
    const stage = new SoakStage(folder, await findFreePort(), cleanups);
    try {
      await stage.startApiServer();
      await stage.#createObjects();
      return stage;
    } catch (error) {
      await cleanups.disposeAsync();
      throw error;
    }
  }

  async startApiServer(): Promise<void> {
    this.apiServer.start();
    await waitUntil("the API server", async () => (await fetch(`${this.#url}/readyz`)).ok);
  }

  /** A node with the pods of the stable Service and routes to all Services. Nodes cannot reach each other. */
  async createNode(namespace: string): Promise<AgentNode> {
    const address = "192.0.2.1/32";
    const node = await createAgentNode({ namespace, nodeName, address, apiSocket: this.#apiSocket });
    this.#cleanups.defer(() => node.close());
    for (const pod of pods) await node.run("ip", ["address", "add", `${pod}/32`, "dev", "lo"]);
    await node.run("ip", ["route", "add", "10.96.0.0/16", "dev", "lo"]);
    const argument = { name: "pod", addresses: pods, tcpPorts: [8080], udpPorts: [] };
    const server = new NamespaceProgram({ namespace, program: "pod-server.mjs", argument });
    this.#cleanups.defer(() => server.close());
    await server.readLine();
    return node;
  }

  /** An agent process with the limits of its DaemonSet; not started yet. */
  createAgent(node: AgentNode, namespace: string): ManagedProcess {
    const limits = ["--max-old-space-size=320", "--max-semi-space-size=2"];
    const agent = new ManagedProcess({
      name: "agent",
      command: process.execPath,
      args: [...limits, ...node.agentArguments([])],
      logFile: join(this.#folder, `${namespace}.log`),
      netns: namespace,
    });
    this.#cleanups.defer(() => agent.stop("SIGKILL"));
    return agent;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanups.disposeAsync();
  }

  async #createObjects(): Promise<void> {
    for (const kind of ["nodeproxies", "proxyconfigs"]) {
      const crd: ApiObject = parse(await readFile(join(root, `crds/kubesteer.dev_${kind}.yaml`), "utf8"));
      await this.client.create(crdResource, crd);
    }
    await this.#apply(resources.nodes, { apiVersion: "v1", kind: "Node", metadata: { name: nodeName } });
    await this.#apply(resources.namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "churn" },
    });
    for (const [resource, object] of stableObjects()) await this.#apply(resource, object);
  }

  async #apply(resource: Resource, object: ApiObject): Promise<void> {
    await this.client.apply(resource, object, { fieldManager: "soak" });
  }
}

function stableObjects(): readonly (readonly [Resource, ApiObject])[] {
  const node = { podCIDRs: ["10.244.1.0/24"], addresses: ["192.0.2.1"] };
  const nodeProxy = {
    apiVersion: apiGroupVersion,
    kind: "NodeProxy",
    metadata: { name: nodeName },
    spec: { ...makeNodeProxySpec({ revision: "r1", node }), config: {} },
  };
  const metadata = { name: "stable", namespace: "default" };
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata,
    spec: { clusterIP: stableAddress, ports: [{ port: 80 }] },
  };
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": "stable" } },
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: pods.map((pod) => ({ addresses: [pod] })),
  };
  return [
    [resources.nodeProxies, nodeProxy],
    [resources.services, service],
    [resources.endpointSlices, slice],
  ];
}
