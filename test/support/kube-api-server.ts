import { generateKeyPairSync, randomUUID } from "node:crypto";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "../../playground/free-port.ts";
import { ManagedProcess } from "../../playground/managed-process.ts";

const readyTimeoutMs = 60_000;

interface KubeApiServer {
  readonly url: string;
  readonly token: string;
  /** PEM file with the certificate that vouches for the server's. */
  readonly certificateAuthority: string;
  /** Can be killed and started again; etcd goes on meanwhile. */
  readonly process: ManagedProcess;
  /** Resolves when `/readyz` says ok. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts etcd and kube-apiserver on 127.0.0.1 with data, keys and logs in `folder`, and waits until `/readyz` says ok.
 *
 * @param facts.assets folder with the programs `etcd` and `kube-apiserver`
 */
export async function startKubeApiServer(facts: {
  readonly assets: string;
  readonly folder: string;
}): Promise<KubeApiServer> {
  const { assets, folder } = facts;
  for (const program of ["etcd", "kube-apiserver"]) await checkExecutable(join(assets, program));
  const [clientPort, peerPort, apiPort] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const token = randomUUID();
  await mkdir(join(folder, "certs"));
  await writeFile(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`);
  await writeServiceAccountKey(join(folder, "service-account.key"));
  const etcd = createProcess(join(assets, "etcd"), folder, [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    "--unsafe-no-fsync",
  ]);
  const apiServer = createProcess(join(assets, "kube-apiserver"), folder, [
    `--etcd-servers=${etcdUrl}`,
    // So that a test can find a resourceVersion too old; the default is five minutes.
    "--etcd-compaction-interval=5s",
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--secure-port=${apiPort}`,
    `--cert-dir=${join(folder, "certs")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "service-account.key")}`,
    `--service-account-signing-key-file=${join(folder, "service-account.key")}`,
    // Nothing makes the default ServiceAccounts that this plugin waits for.
    "--disable-admission-plugins=ServiceAccount",
    "--allow-privileged=true",
  ]);
  const url = `https://127.0.0.1:${apiPort}`;
  const ready = (): Promise<void> => waitUntilReady(url, { token, processes: [etcd, apiServer] });
  const close = async (): Promise<void> => {
    await apiServer.stop();
    await etcd.stop();
  };
  try {
    etcd.start();
    apiServer.start();
    await ready();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    token,
    certificateAuthority: join(folder, "certs", "apiserver.crt"),
    process: apiServer,
    ready,
    close,
  };
}

async function checkExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw new Error(
      `KUBEBUILDER_ASSETS must name a folder with etcd and kube-apiserver; cannot run ${path}`,
      { cause },
    );
  }
}

async function writeServiceAccountKey(path: string): Promise<void> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(path, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
}

/** Output goes to a log file in `folder`. */
function createProcess(command: string, folder: string, args: readonly string[]): ManagedProcess {
  const name = basename(command);
  return new ManagedProcess({ name, command, args, logFile: join(folder, `${name}.log`) });
}

async function waitUntilReady(
  url: string,
  { token, processes }: { readonly token: string; readonly processes: readonly ManagedProcess[] },
): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (performance.now() < deadline) {
    if (await isReady(url, token)) return;
    const ended = processes.find(({ pid }) => pid === undefined);
    if (ended !== undefined) throw new Error(`${ended.name} ended: ${await readFile(ended.logFile, "utf8")}`);
    await delay(100);
  }
  throw new Error(`kube-apiserver was not ready after ${readyTimeoutMs} ms`);
}

async function isReady(url: string, token: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const sent = request(
    `${url}/readyz`,
    { rejectUnauthorized: false, headers: { Authorization: `Bearer ${token}` } },
    (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    },
  );
  sent.once("error", () => resolve(false));
  sent.end();
  return promise;
}
