import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { apiServerProgram } from "@kubesteer/playground-api-server/program";
import type { ApiClient } from "../../platform/kube/api-client.ts";
import { createApiClient } from "../../platform/kube/client-node.ts";
import { loadKubeConfig } from "../../platform/kube/kube-config.ts";
import { findFreePort } from "../../playground/free-port.ts";
import { ManagedProcess } from "../../playground/managed-process.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { type ApiUnderTest, insecure, renderKubeconfig } from "./api-under-test.ts";
import { startKubeApiServer } from "./kube-api-server.ts";
import { installRights, requestAgentToken } from "./service-accounts.ts";

/** The API server under test as a process that can be killed and started again, also for agents in network namespaces. */
export interface RestartableApi extends ApiUnderTest {
  readonly process: ManagedProcess;
  /** Unix socket that leads to it. */
  readonly socket: string;
  /** With an administrator's rights. */
  readonly client: ApiClient;
  /** Resolves when it answers again. */
  ready(): Promise<void>;
  /** Flags of an agent for which `server` leads here, with the rights it is deployed with where there are rights. */
  agentFlags(nodeName: string, server: URL): Promise<readonly string[]>;
}

/** Starts the embedded API server, or the one that KUBEBUILDER_ASSETS names, with its files in `folder`. */
export async function startRestartableApi(folder: string): Promise<RestartableApi> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const socket = join(folder, "api.sock");
  return assets === undefined || assets === ""
    ? startEmbedded(folder, socket)
    : startReal({ assets, folder, socket });
}

async function startEmbedded(folder: string, socket: string): Promise<RestartableApi> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new ManagedProcess({
    name: "api-server",
    command: process.execPath,
    args: [apiServerProgram, `--port=${port}`, `--socket=${socket}`, `--data-dir=${folder}`],
    logFile: join(folder, "api-server.log"),
  });
  const ready = async (): Promise<void> => {
    await waitUntil("the API server", async () => (await fetch(`${url}/readyz`)).ok);
  };
  server.start();
  await ready();
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, renderKubeconfig({ server: url }, {}));
  return {
    kind: "embedded",
    url,
    kubeconfig,
    folder,
    process: server,
    socket,
    client: createApiClient(loadKubeConfig({ kubeconfig }), { userAgent: "test" }),
    ready,
    agentFlags: async (_nodeName, { host }) => [`--server=http://${host}`],
    close: () => server.stop("SIGKILL"),
  };
}

async function startReal(facts: {
  readonly assets: string;
  readonly folder: string;
  readonly socket: string;
}): Promise<RestartableApi> {
  const { folder, socket } = facts;
  await using started = new AsyncDisposableStack();
  const server = await startKubeApiServer(facts);
  started.defer(() => server.close());
  const bridge = await bridgeSocket(socket, Number(new URL(server.url).port));
  started.defer(() => bridge[Symbol.asyncDispose]());
  const { token, url, certificateAuthority } = server;
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, renderKubeconfig(insecure(url), { token }));
  const admin = { url, token, kubeconfig, folder };

  const resources = started.move();
  return {
    kind: "kube-apiserver",
    ...admin,
    process: server.process,
    socket,
    client: createApiClient(loadKubeConfig({ kubeconfig }), { userAgent: "test" }),
    ready: () => server.ready(),
    agentFlags: async (nodeName, { host }) => {
      await installRights(admin);
      const file = join(folder, `${nodeName}-kubeconfig`);
      const tokenFile = join(folder, `${nodeName}-token`);
      await writeFile(tokenFile, await requestAgentToken(admin, nodeName));
      // As config/default/kubeconfig.yaml.
      const cluster = { server: `https://${host}`, "certificate-authority": certificateAuthority };
      await writeFile(file, renderKubeconfig(cluster, { tokenFile }));
      return [`--kubeconfig=${file}`];
    },
    close: () => resources.disposeAsync(),
  };
}

/** Carries connections from a unix socket to a port of 127.0.0.1. */
async function bridgeSocket(path: string, port: number): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const bridge = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.once("error", () => {}); // a close follows
      one.once("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  bridge.listen(path);
  await once(bridge, "listening");
  return {
    [Symbol.asyncDispose]: async () => {
      bridge.close();
      for (const socket of open) socket.destroy();
      await once(bridge, "close");
    },
  };
}
