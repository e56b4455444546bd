import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Context } from "mocha";
import { startApiServer } from "@kubesteer/playground-api-server";
import type { ApiClient, ApiObject } from "../../../platform/kube/api-client.ts";
import { createApiClient } from "../../../platform/kube/client-node.ts";
import { loadKubeConfig } from "../../../platform/kube/kube-config.ts";
import { type Resource, resources } from "../../../platform/kube/resources.ts";
import type { ManagedProcess } from "../../../playground/managed-process.ts";
import { NamespaceProgram } from "../../../playground/nodes/namespace-program.ts";
import { waitUntil } from "../../../playground/wait-until.ts";
import { type AgentNode, createAgentNode } from "../../support/agent-node.ts";
import { skipBecause } from "../../support/skip.ts";
import { modeToTest } from "../options.ts";
import {
  clusterIPs,
  type DnsEndpoint,
  dnsSlice,
  externalIPs,
  families,
  nodeAddresses,
  nodeName,
  nodeObject,
  podPort,
  pods,
} from "./dns-objects.ts";

/** An agent as a process with the real kernel, an API server that it follows, and pods on addresses of its node. */
export interface AgentStage {
  readonly agent: ManagedProcess;
  readonly node: AgentNode;
  /** Network namespace of the node. */
  readonly namespace: string;
  apply(resource: Resource, object: ApiObject): Promise<void>;
  /** In both families. */
  setEndpoints(endpoints: readonly DnsEndpoint[]): Promise<void>;
  deleteService(): Promise<void>;
  close(): Promise<void>;
}

const settings = `
apiVersion: kubesteer.dev/v1alpha1
kind: ProxyConfig
metadata: { name: default }
spec:
  mode: ${modeToTest()}
  nodePorts: { localhost: true }
  conntrack: { maxPerCore: 1, min: 1048577, udpTimeoutSeconds: 45, tcpBeLiberal: true }
`;

const lastSync = "kubeproxy_sync_proxy_rules_last_timestamp_seconds";

/** Skips the suite of `context`, with the reason, where there cannot be one. Resolves after the agent's first sync. */
export async function createAgentStage(context: Context): Promise<AgentStage> {
  await requireTools(context);
  await using started = new AsyncDisposableStack();
  const namespace = `ksnodesvc${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), `${namespace}-`));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const configFile = join(folder, "config.yaml");
  await writeFile(configFile, settings);
  const apiSocket = join(folder, "api.sock");
  const apiServer = await startApiServer({ port: 0, socketPath: apiSocket });
  started.defer(() => apiServer.close());
  const client = createApiClient(loadKubeConfig({ server: apiServer.url }), { userAgent: "agent-stage" });
  await createNodeObject(client);
  const node = await createAgentNode({ namespace, nodeName, address: `${nodeAddresses.ipv4}/32`, apiSocket });
  started.defer(() => node.close());
  await addAddresses(node);
  for (const name of ["a", "b"] as const) started.use(await startPod(namespace, name));
  const agent = node.createAgent("agent", [`--config=${configFile}`]);
  agent.start();
  const hasSynced = async (): Promise<boolean> => (await readMetric(node, lastSync)) > 0;
  // A program that is not bundled begins slowly where others need the processors.
  await waitUntil("the first sync", hasSynced, { timeoutMs: 45_000 });
  const resources = started.move();
  return { agent, node, namespace, ...clusterOf(client), close: () => resources.disposeAsync() };
}

/** The sum of a metric of the agent over its labels. */
export async function readMetric(node: AgentNode, name: string): Promise<number> {
  const text = await node.run("curl", ["--silent", "http://127.0.0.1:10249/metrics"]);
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.e+]+)`, "gm"))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

async function requireTools(context: Context): Promise<void> {
  if (process.getuid?.() !== 0) skipBecause(context, "not root: cannot create a network namespace");
  for (const tool of ["nft", "ip", "socat", "curl", "conntrack"]) {
    const { failed } = await execa("which", [tool], { reject: false });
    if (failed) skipBecause(context, `${tool} is not installed`);
  }
}

async function createNodeObject(client: ApiClient): Promise<void> {
  // Not by server-side apply: the list of addresses is keyed by type and has an InternalIP per family.
  await client.create(resources.nodes, nodeObject);
  const { status } = nodeObject;
  const node = { resource: resources.nodes, name: nodeName };
  await client.mergePatch(node, { status }, { subresource: "status" });
}

/** Of pods and Services. What goes to Services untranslated leaves the node and gets no answer. */
async function addAddresses(node: AgentNode): Promise<void> {
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
}

async function startPod(namespace: string, name: keyof typeof pods): Promise<AsyncDisposable> {
  const argument = { name, addresses: Object.values(pods[name]), tcpPorts: [podPort], udpPorts: [podPort] };
  const server = new NamespaceProgram({ namespace, program: "pod-server.mjs", argument });
  await server.readLine();
  return { [Symbol.asyncDispose]: () => server.close() };
}

function clusterOf(client: ApiClient): Pick<AgentStage, "apply" | "setEndpoints" | "deleteService"> {
  const apply = async (resource: Resource, object: ApiObject): Promise<void> => {
    await client.apply(resource, object, { fieldManager: "test" });
  };
  return {
    apply,
    async setEndpoints(endpoints) {
      for (const family of families) await apply(resources.endpointSlices, dnsSlice(family, endpoints));
    },
    async deleteService() {
      await client.delete({ resource: resources.services, namespace: "default", name: "dns" });
    },
  };
}
