import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { skipBecause } from "../../support/skip.ts";
import { failed, kubectlEnvironment, succeeded, useKubectl } from "./kubectl-stage.ts";
import { changedServices, proxyConfig, services } from "./manifests.ts";

describe("kubectl that edits and deletes", function () {
  this.timeout(120_000);
  const stage = useKubectl(proxyConfig("mode: ebpf"), changedServices);
  const { apply, kubectl } = stage;

  describe("edit", () => {
    it("label, annotate and patch", async () => {
      succeeded(await kubectl(["label", "pxc", "default", "team=net"]));
      assert.match(succeeded(await kubectl(["get", "pxc", "-l", "team=net", "--show-labels"])), /team=net/);
      succeeded(await kubectl(["annotate", "pxc", "default", "note=hello"]));
      succeeded(await kubectl(["patch", "service", "web", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}']));
      const timeout = "jsonpath={.spec.sessionAffinityConfig.clientIP.timeoutSeconds}";
      assert.equal(succeeded(await kubectl(["get", "service", "web", "-o", timeout])), "10800");
    });

    it("edit sends what the editor changed", async () => {
      const editor = join(kubectlEnvironment(stage).HOME, "editor.sh");
      await writeFile(editor, '#!/bin/sh\nsed -i "s/algorithm: Random/algorithm: Maglev/" "$1"\n', {
        mode: 0o755,
      });
      const { stdout } = await execa("kubectl", ["edit", "pxc", "default"], {
        env: { ...kubectlEnvironment(stage), KUBE_EDITOR: editor },
      });
      assert.match(stdout, /default edited/);
      const algorithm = "jsonpath={.spec.scheduling.algorithm}";
      assert.equal(succeeded(await kubectl(["get", "pxc", "default", "-o", algorithm])), "Maglev");
    });

    it("replace", async () => {
      const json = succeeded(await kubectl(["get", "pxc", "default", "-o", "json"]));
      succeeded(await kubectl(["replace", "-f", "-"], { input: json.replace("Maglev", "RoundRobin") }));
    });
  });

  describe("pods", () => {
    const onNode = `
apiVersion: v1
kind: Node
metadata: { name: drained }
---
apiVersion: v1
kind: Pod
metadata: { name: short-lived }
spec: { nodeName: drained, terminationGracePeriodSeconds: 1, containers: [{ name: a, image: b }] }
`;
    for (const args of [
      ["delete", "pod", "short-lived"],
      ["drain", "drained", "--force"],
    ]) {
      it(`${args[0]} returns after the grace period`, async function () {
        if (stage.server()?.kind !== "embedded")
          skipBecause(this, "deleting a pod needs a kubelet, and none runs here");
        succeeded(await apply(onNode));
        succeeded(await kubectl([...args, "--timeout=20s"]));
        assert.match(failed(await kubectl(["get", "pod", "short-lived"])), /not found/);
      });
    }
  });

  describe("delete", () => {
    it("waits for finalizers; wait --for=delete detects the removal", async () => {
      const finalizers = { metadata: { finalizers: ["kubesteer.dev/test"] } };
      succeeded(await kubectl(["patch", "pxc", "default", "--type=merge", "-p", JSON.stringify(finalizers)]));
      const deleting = kubectl(["delete", "pxc", "default", "--timeout=20s"]);
      const waiting = kubectl(["wait", "--for=delete", "pxc/default", "--timeout=20s"]);
      await kubectl(["get", "pxc"]);
      succeeded(
        await kubectl([
          "patch",
          "pxc",
          "default",
          "--type=json",
          "-p",
          '[{"op":"remove","path":"/metadata/finalizers"}]',
        ]),
      );
      succeeded(await deleting);
      succeeded(await waiting);
      assert.match(
        failed(await kubectl(["get", "pxc", "default"])),
        /proxyconfigs\.kubesteer\.dev "default" not found/,
      );
    });

    it("delete -f and --ignore-not-found", async () => {
      succeeded(await kubectl(["delete", "-f", "-"], { input: services }));
      succeeded(await kubectl(["delete", "pxc", "none", "--ignore-not-found"]));
    });
  });
});
