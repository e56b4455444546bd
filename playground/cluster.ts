import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { apiServerProgram } from "@kubesteer/playground-api-server/program";
import { systemClock } from "../platform/async/clock.ts";
import type { ApiClient } from "../platform/kube/api-client.ts";
import { createApiClient } from "../platform/kube/client-node.ts";
import { loadKubeConfig } from "../platform/kube/kube-config.ts";
import { resources } from "../platform/kube/resources.ts";
import type { Logger } from "../platform/log.ts";
import { runEndpointSliceController } from "./endpoint-slices/endpoint-slice-controller.ts";
import { findFreePort } from "./free-port.ts";
import { createKubectl, type Kubectl } from "./kubectl.ts";
import { takeLock } from "./lock.ts";
import { ManagedProcess } from "./managed-process.ts";
import { nodeObjects, podObjects } from "./nodes/api-objects.ts";
import { startApiRelay } from "./nodes/api-relay.ts";
import { startPods } from "./nodes/pods.ts";
import { createTopology, type Topology } from "./nodes/topology.ts";
import { waitUntil } from "./wait-until.ts";

const root = path.join(import.meta.dirname, "..");

export interface ClusterOptions {
  /** Prefix of the network namespaces; two clusters of the same name cannot run at once. */
  readonly name: string;
  /** Port of the API server on 127.0.0.1; 0 selects any free port. */
  readonly port: number;
  /** Kubeconfig and logs are kept here after the cluster has stopped. */
  readonly folder: string;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** A small Kubernetes cluster on this machine, with our operator and one agent per node. */
export interface Cluster {
  readonly topology: Topology;
  readonly kubeconfig: string;
  readonly client: ApiClient;
  readonly kubectl: Kubectl;
  readonly apiServer: ManagedProcess;
  readonly operator: ManagedProcess;
  /** By node name. */
  readonly agents: ReadonlyMap<string, ManagedProcess>;
  /** Resolves when the API server answers. */
  apiServerReady(): Promise<void>;
  /** Stops every process and removes the network. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts everything and resolves when the API server has the CRDs, Nodes and Pods. Needs the bundles in `dist/`.
 * Leaves nothing behind on failure, when `signal` aborts, or when this process is killed.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  await using started = new AsyncDisposableStack();
  const { name, folder, log, signal } = options;
  // One lock for the whole machine, like the network namespaces, even with several checkouts.
  const lockFile = path.join(tmpdir(), `kubesteer-${name}.lock`);
  started.defer(await takeLock(lockFile));
  mkdirSync(folder, { recursive: true });

  const runFolder = mkdtempSync(path.join(tmpdir(), `kubesteer-${name}-`));
  started.defer(() => rmSync(runFolder, { recursive: true, force: true }));
  const janitor = startJanitor(name, runFolder, lockFile);
  started.defer(() => dismiss(janitor));

  const topology = await createTopology({ prefix: name, log, ...(signal === undefined ? {} : { signal }) });
  started.defer(() => topology.close());
  const pods = await startPods(topology, { log });
  started.defer(() => pods.close());

  const port = options.port === 0 ? await findFreePort() : options.port;
  const kubeconfig = path.join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigText(port));
  const programs = definePrograms({ topology, folder, runFolder, port, kubeconfig });
  for (const program of programs.all) started.defer(() => program.stop());
  programs.apiServer.start();

  const client = createApiClient(loadKubeConfig({ kubeconfig }), { userAgent: "kubesteer-playground" });
  const kubectl = createKubectl({ kubeconfig, home: runFolder });
  const apiServerReady = (): Promise<void> => waitForApiServer(port, programs.apiServer.logFile);
  await apiServerReady();
  const relay = await startApiRelay({
    namespaces: topology.nodes.map(({ namespace }) => namespace),
    port,
    socketPath: socketIn(runFolder),
  });
  started.defer(() => relay.close());

  await installCRDs(kubectl);
  for (const node of nodeObjects(topology)) await createWithStatus(client, resources.nodes, node);
  for (const pod of podObjects(topology)) await createWithStatus(client, resources.pods, pod);

  const controllers = new AbortController();
  const slices = runEndpointSliceController({ client, clock: systemClock, log, signal: controllers.signal });
  started.defer(async () => {
    controllers.abort();
    await slices;
  });
  programs.operator.start();
  for (const agent of programs.agents.values()) agent.start();
  signal?.throwIfAborted();

  const resourcesToClose = started.move();
  let closing: Promise<void> | undefined;
  return {
    topology,
    kubeconfig,
    client,
    kubectl,
    apiServer: programs.apiServer,
    operator: programs.operator,
    agents: programs.agents,
    apiServerReady,
    close: () => (closing ??= resourcesToClose.disposeAsync()),
  };
}

function socketIn(runFolder: string): string {
  return path.join(runFolder, "api.sock");
}

function definePrograms({
  topology,
  folder,
  runFolder,
  port,
  kubeconfig,
}: {
  readonly topology: Topology;
  readonly folder: string;
  readonly runFolder: string;
  readonly port: number;
  readonly kubeconfig: string;
}): {
  readonly apiServer: ManagedProcess;
  readonly operator: ManagedProcess;
  readonly agents: ReadonlyMap<string, ManagedProcess>;
  readonly all: readonly ManagedProcess[];
} {
  const logs = path.join(folder, "logs");
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const node = (name: string, args: readonly string[], netns?: string): ManagedProcess =>
    new ManagedProcess({
      name,
      command: process.execPath,
      args: ["--max-semi-space-size=2", ...args],
      logFile: path.join(logs, `${name}.log`),
      ...(netns === undefined ? {} : { netns }),
    });

  const apiServer = node("api-server", [
    apiServerProgram,
    `--port=${port}`,
    `--socket=${socketIn(runFolder)}`,
    `--data-dir=${path.join(runFolder, "api-server")}`,
  ]);
  const operator = node("operator", [
    path.join(root, "dist/operator.js"),
    `--kubeconfig=${kubeconfig}`,
    "--health-address=127.0.0.1:0",
    "--metrics-address=127.0.0.1:0",
  ]);
  const agents = new Map(
    topology.nodes.map(({ name, namespace }) => [
      name,
      node(
        `agent-${name}`,
        [
          path.join(root, "dist/agent.js"),
          `--kubeconfig=${kubeconfig}`,
          `--node-name=${name}`,
          `--state-dir=${path.join(runFolder, name)}`,
          // Users check the numbers in the status sooner than on a real node.
          "--heartbeat-seconds=2",
        ],
        namespace,
      ),
    ]),
  );
  return { apiServer, operator, agents, all: [apiServer, operator, ...agents.values()] };
}

async function installCRDs(kubectl: Kubectl): Promise<void> {
  const applied = await kubectl(["apply", "-k", path.join(root, "config/crd")]);
  if (applied.exitCode !== 0) throw new Error(`cannot install the CRDs: ${applied.stderr}`);
  const established = ["--for=condition=Established", "--timeout=20s"];
  const crds = ["crd/proxyconfigs.kubesteer.dev", "crd/nodeproxies.kubesteer.dev"];
  const waited = await kubectl(["wait", ...established, ...crds]);
  if (waited.exitCode !== 0) throw new Error(`the CRDs are not served: ${waited.stderr}`);
}

/** Sets the status separately, because the API server ignores it in the request that creates an object. */
async function createWithStatus(
  client: ApiClient,
  resource: (typeof resources)[keyof typeof resources],
  object: Parameters<ApiClient["create"]>[1] & { readonly status?: object },
): Promise<void> {
  await client.create(resource, object);
  const { name, namespace } = object.metadata;
  const ref = { resource, name, ...(namespace === undefined ? {} : { namespace }) };
  await client.mergePatch(ref, { status: object.status }, { subresource: "status" });
}

async function waitForApiServer(port: number, logFile: string): Promise<void> {
  await waitUntil(`the API server (see ${logFile})`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return response.ok;
  });
}

function startJanitor(prefix: string, folder: string, lockFile: string): ChildProcess {
  const program = path.join(root, "playground/janitor.ts");
  // Detached: Ctrl-C reaches the whole process group, and the janitor must outlive it.
  return spawn(process.execPath, [program, prefix, folder, lockFile], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}

async function dismiss(janitor: ChildProcess): Promise<void> {
  if (janitor.exitCode !== null || janitor.signalCode !== null) return;
  const exited = once(janitor, "exit");
  janitor.stdin?.end();
  await exited;
}

/** kubectl accepts plain http; @kubernetes/client-node requires an explicit statement that there is no TLS to verify. */
function kubeconfigText(port: number): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: playground
    cluster: { server: "http://127.0.0.1:${port}", insecure-skip-tls-verify: true }
contexts:
  - name: playground
    context: { cluster: playground, user: playground }
current-context: playground
users:
  - { name: playground, user: {} }
`;
}
