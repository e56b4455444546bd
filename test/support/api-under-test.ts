import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApiServer } from "@kubesteer/playground-api-server";
import { startKubeApiServer } from "./kube-api-server.ts";

/** Few, so that a test can make a resourceVersion too old. */
export const embeddedWatchHistory = 100;

/** The API server that the suites in `test/api` talk to. */
export interface ApiUnderTest {
  /** Which one it is; the suites are the same for both. */
  readonly kind: "embedded" | "kube-apiserver";
  readonly url: string;
  /** Bearer token of an administrator; absent where the server has no authentication. */
  readonly token?: string;
  readonly kubeconfig: string;
  /** Empty folder for kubectl's caches and the suite's files; removed by `close`. */
  readonly folder: string;
  close(): Promise<void>;
}

/**
 * Starts the embedded API server, or etcd and kube-apiserver from the folder that KUBEBUILDER_ASSETS names. The suites
 * must not see the difference: that is how the embedded server's fidelity is checked.
 */
export async function startApiUnderTest(): Promise<ApiUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "kubesteer-api-"));
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const server =
    assets === undefined || assets === ""
      ? {
          kind: "embedded" as const,
          ...(await startApiServer({ port: 0, watchHistory: embeddedWatchHistory })),
        }
      : { kind: "kube-apiserver" as const, ...(await startKubeApiServer({ assets, folder })) };
  const token = "token" in server ? server.token : undefined;
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, renderKubeconfig(insecure(server.url), token === undefined ? {} : { token }));
  return {
    kind: server.kind,
    url: server.url,
    ...(token === undefined ? {} : { token }),
    kubeconfig,
    folder,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param cluster and `user` as in a kubeconfig file */
export function renderKubeconfig(cluster: object, user: object): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}

/** Cluster in a kubeconfig file whose certificate is not looked at. */
export function insecure(server: string): object {
  return { server, "insecure-skip-tls-verify": true };
}
