/** Checks that an API server accepts what `make deploy` sends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createKubectl, type Kubectl } from "../../playground/kubectl.ts";
import { startApiUnderTest, type ApiUnderTest } from "../support/api-under-test.ts";

const config = join(import.meta.dirname, "../../config");

describe("manifests", function () {
  this.timeout(120_000);
  let api: ApiUnderTest;
  let kubectl: Kubectl;

  before(async () => {
    api = await startApiUnderTest();
    kubectl = createKubectl({ kubeconfig: api.kubeconfig, home: api.folder });
  });

  after(() => api.close());

  async function succeed(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await kubectl(args);
    assert.equal(exitCode, 0, `kubectl ${args.join(" ")}: ${stderr}\n${stdout}`);
    return stdout;
  }

  async function established(): Promise<void> {
    await succeed(
      "wait",
      "--for=condition=Established",
      "crd/proxyconfigs.kubesteer.dev",
      "crd/nodeproxies.kubesteer.dev",
    );
  }

  for (const [directory, objects] of [
    ["default", 15],
    ["overlays/kubeadm", 15],
    ["overlays/kubeadm-one-node", 15],
    ["overlays/uninstall", 1],
  ] as const) {
    it(`config/${directory} is accepted, and unchanged the second time`, async () => {
      const apply = ["apply", "--server-side", "-k", join(config, directory)];
      const names = (await succeed(...apply)).trim().split("\n");
      assert.ok(names.length >= objects, names.join("\n"));
      await established();
      const list = [
        "get",
        "-k",
        join(config, directory),
        "-o",
        "jsonpath={.items[*].metadata.resourceVersion}",
      ];
      const versions = await succeed(...list);
      await succeed(...apply);
      assert.equal(await succeed(...list), versions);
    });
  }

  for (const sample of ["default", "per-service-rules", "canary-rollout"]) {
    it(`config/samples/${sample}.yaml is accepted`, async () => {
      await established();
      await succeed("apply", "-f", join(config, "samples", `${sample}.yaml`));
    });
  }

  for (const directory of ["overlays/uninstall", "default"]) {
    it(`config/${directory} is removed with one command, as in config/README.md`, async () => {
      const target = ["-k", join(config, directory)];
      await succeed("apply", "--server-side", ...target);
      await succeed("delete", ...target);
      const left = await succeed("get", ...target, "--ignore-not-found", "-o", "name");
      assert.equal(left.trim(), "");
    });
  }
});
