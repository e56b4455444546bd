import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import { skipBecause } from "../../support/skip.ts";
import { parseManifests } from "./rendered-manifests.ts";

const root = join(import.meta.dirname, "../../..");

function render(overlay: string, image: string) {
  return execa({ reject: false })(join(root, "scripts/render-manifests.sh"), [overlay, image]);
}

describe("make deploy", function () {
  this.timeout(60_000);

  before(function () {
    try {
      execFileSync("kubectl", ["version", "--client"], { stdio: "ignore" });
    } catch {
      skipBecause(this, "kubectl is not installed");
    }
  });

  const images: readonly { readonly given: string; readonly deployed: string }[] = [
    { given: "kubesteer:dev", deployed: "kubesteer:dev" },
    {
      given: "registry.example:5000/team/kubesteer:1.2",
      deployed: "registry.example:5000/team/kubesteer:1.2",
    },
    { given: "registry.example:5000/kubesteer", deployed: "registry.example:5000/kubesteer:latest" },
    {
      given: `kubesteer@sha256:${"0".repeat(64)}`,
      deployed: `kubesteer@sha256:${"0".repeat(64)}`,
    },
  ];
  for (const { given, deployed } of images) {
    it(`runs IMAGE=${given} everywhere`, async () => {
      const { stdout, exitCode, stderr } = await render("config/overlays/kubeadm", given);
      assert.equal(exitCode, 0, stderr);
      const found = parseManifests(stdout)
        .filter(({ kind }) => kind === "DaemonSet" || kind === "Deployment")
        .flatMap(({ spec }) => {
          const { containers, initContainers = [] } = spec.template.spec;
          return [...containers, ...initContainers].map(({ image }) => image);
        });
      assert.deepEqual([...new Set(found)], [deployed]);
    });
  }

  it("rejects manifests with the placeholder as the API server's address", async () => {
    const { stdout, exitCode, stderr } = await render("config/default", "kubesteer:dev");
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^config\/default still has the placeholder 192\.0\.2\.1 .*\.$/);
  });

  it("uses the kubeadm overlay by default", async () => {
    const { stdout } = await execa({ cwd: root })("make", ["--dry-run", "deploy"]);
    assert.match(stdout, /render-manifests\.sh config\/overlays\/kubeadm kubesteer:dev/);
  });
});
