import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TerminalError } from "../../../../platform/errors.ts";
import { loadKubeConfig } from "../../../../platform/kube/kube-config.ts";

function kubeconfigText(server: string, { currentContext = "dev" } = {}): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "dev", cluster: { server } },
      { name: "other", cluster: { server: "https://other:6443" } },
    ],
    users: [{ name: "me", user: { token: "secret" } }],
    contexts: [{ name: "dev", context: { cluster: "dev", user: "me" } }],
    "current-context": currentContext,
  });
}

describe("loadKubeConfig", () => {
  let directory: string;
  let kubeconfig: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "kube-config-"));
    kubeconfig = join(directory, "kubeconfig");
  });
  after(() => rm(directory, { recursive: true }));

  it("uses server and user of the current context", async () => {
    await writeFile(kubeconfig, kubeconfigText("https://dev:6443/"));
    const kubeConfig = loadKubeConfig({ kubeconfig });
    assert.equal(kubeConfig.getCurrentCluster()?.server, "https://dev:6443");
    assert.equal(kubeConfig.getCurrentCluster()?.skipTLSVerify, false);
    assert.equal(kubeConfig.getCurrentUser()?.token, "secret");
  });

  it("the option server replaces only that of the current cluster", async () => {
    await writeFile(kubeconfig, kubeconfigText("https://dev:6443"));
    const kubeConfig = loadKubeConfig({ kubeconfig, server: "https://192.0.2.10:6443" });
    assert.deepEqual(
      kubeConfig.getClusters().map(({ server }) => server),
      ["https://192.0.2.10:6443", "https://other:6443"],
    );
  });

  it("uses tokenFile, as in kubeconfig.conf of kubeadm's kube-proxy", async () => {
    const tokenFile = join(directory, "token");
    await writeFile(tokenFile, "from-file");
    const text = kubeconfigText("https://dev:6443").replace(
      '"token":"secret"',
      `"tokenFile":${JSON.stringify(tokenFile)}`,
    );
    await writeFile(kubeconfig, text);
    const headers: Record<string, string> = {};
    await loadKubeConfig({ kubeconfig }).applyToHTTPSOptions({ headers });
    assert.equal(headers["Authorization"], "Bearer from-file");
  });

  it("accepts plain http, which client-node rejects without skipTLSVerify", async () => {
    await writeFile(kubeconfig, kubeconfigText("http://127.0.0.1:8001"));
    assert.equal(loadKubeConfig({ kubeconfig }).getCurrentCluster()?.skipTLSVerify, true);
  });

  const refusals: readonly (readonly [
    rule: string,
    text: string | undefined,
    server: string | undefined,
    message: RegExp,
  ])[] = [
    ["a file that does not exist", undefined, undefined, /kubeconfig .*missing.*ENOENT/],
    ["a file that is not YAML", "a: [", undefined, /cannot read kubeconfig/],
    ["a file with other content", "just text", undefined, /kubeconfig/],
    ["an empty file", "", undefined, /kubeconfig/],
    [
      "a current context that does not exist",
      kubeconfigText("https://dev", { currentContext: "no" }),
      undefined,
      /no cluster/,
    ],
    ["a server that is not a URL", kubeconfigText("dev:6443"), undefined, /has server "dev:6443"/],
    [
      "a named server that is no URL",
      kubeconfigText("https://dev"),
      "192.0.2.10",
      /the server has server "192.0.2.10"/,
    ],
  ];
  for (const [rule, text, server, message] of refusals) {
    it(`rejects ${rule} and reports it`, async () => {
      const path = text === undefined ? join(directory, "missing") : kubeconfig;
      if (text !== undefined) await writeFile(path, text);
      assert.throws(
        () => loadKubeConfig({ kubeconfig: path, ...(server === undefined ? {} : { server }) }),
        (error) => error instanceof TerminalError && message.test(error.message),
      );
    });
  }
});
