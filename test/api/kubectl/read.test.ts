import assert from "node:assert/strict";
import { execa } from "execa";
import { waitUntil } from "../../../playground/wait-until.ts";
import { failed, kubectlEnvironment, succeeded, useKubectl } from "./kubectl-stage.ts";
import { changedServices, proxyConfig } from "./manifests.ts";

const statusPath = "/apis/kubesteer.dev/v1alpha1/proxyconfigs/default/status";

/** The words of each line of a table. */
function cells(table: string): readonly (readonly string[])[] {
  return table.split("\n").map((line) => line.trim().split(/\s{2,}/));
}

describe("kubectl that reads", function () {
  this.timeout(120_000);
  const stage = useKubectl(proxyConfig("mode: ebpf"), changedServices);
  const { api, kubectl } = stage;

  it("version and api-resources work", async () => {
    assert.match(succeeded(await kubectl(["version"])), /Server Version: v1\./);
    const resources = succeeded(await kubectl(["api-resources", "--api-group=kubesteer.dev"]));
    assert.match(resources, /proxyconfigs\s+pxc\s+kubesteer\.dev\/v1alpha1\s+false\s+ProxyConfig/);
  });

  it("reports a timeout if it does not end", async () => {
    const stderr = failed(await kubectl(["get", "nodes", "--watch"], { timeoutMs: 500 }));
    assert.match(stderr, /still waiting after 0\.5 s/);
  });

  describe("get and describe", () => {
    it("get prints the printer columns, -o wide all of them", async () => {
      const [header = [], row = []] = cells(succeeded(await kubectl(["get", "pxc", "default"])));
      assert.deepEqual(header.slice(0, 3), ["NAME", "MODE", "ALGORITHM"]);
      assert.deepEqual(row.slice(0, 3), ["default", "ebpf", "Random"]);
      const wide = cells(succeeded(await kubectl(["get", "pxc", "default", "-o", "wide"])));
      assert.ok((wide[0]?.length ?? 0) > header.length);
    });

    it("get services prints type, address and ports", async () => {
      const [header, row] = cells(succeeded(await kubectl(["get", "service", "web"])));
      assert.deepEqual(header, ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]);
      assert.deepEqual(
        [row?.[0], row?.[1], row?.[3], row?.[4]],
        ["web", "ClusterIP", "<none>", "81/TCP,443/TCP"],
      );
    });

    it("get of a category lists every kind in it", async () => {
      const listed = succeeded(await kubectl(["get", "all", "--show-kind"]));
      assert.match(listed, /service\/web/);
    });

    it("describe shows spec, status and the events about the object", async () => {
      const uid = succeeded(await kubectl(["get", "pxc", "default", "-o", "jsonpath={.metadata.uid}"]));
      const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
      const event = {
        metadata: { generateName: "default.", namespace: "default" },
        involvedObject: { apiVersion: "kubesteer.dev/v1alpha1", kind: "ProxyConfig", name: "default", uid },
        reason: "CanaryPassed",
        message: "1 node changed without errors",
        type: "Normal",
        source: { component: "kubesteer-operator" },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      };
      assert.equal((await api.post("/api/v1/namespaces/default/events", event)).code, 201);
      const description = succeeded(await kubectl(["describe", "pxc", "default"]));
      assert.match(description, /Algorithm:\s+Random/);
      assert.match(
        description,
        /Normal\s+CanaryPassed\s+\S+\s+kubesteer-operator\s+1 node changed without errors/,
      );
      assert.match(succeeded(await kubectl(["events", "--for", "pxc/default"])), /CanaryPassed/);
      assert.match(
        succeeded(await kubectl(["get", "events"])),
        /Normal\s+CanaryPassed\s+proxyconfig\/default/,
      );
    });

    it("describe service", async () => {
      assert.match(succeeded(await kubectl(["describe", "service", "web"])), /TargetPort:\s+8080\/TCP/);
    });

    it("explain describes custom and built-in fields", async () => {
      assert.match(succeeded(await kubectl(["explain", "pxc.spec.scheduling"])), /algorithm\s+<string>/);
      assert.match(
        succeeded(await kubectl(["explain", "service.spec.ports"])),
        /port\s+<integer> -required-/,
      );
    });
  });

  describe("wait and watch", () => {
    it("wait --for=condition waits until the status has the condition", async () => {
      const waiting = kubectl(["wait", "--for=condition=Ready", "pxc/default", "--timeout=20s"]);
      const { body } = await api.get("/apis/kubesteer.dev/v1alpha1/proxyconfigs/default");
      const observedGeneration = Number(body["metadata"]?.["generation"]);
      const condition = {
        type: "Ready",
        status: "True",
        reason: "AllNodesReady",
        message: "",
        observedGeneration,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      };
      const status = { observedGeneration, conditions: [condition] };
      assert.equal((await api.patch(statusPath, { status })).code, 200);
      assert.match(succeeded(await waiting), /condition met/);
    });

    it("wait times out on a condition that never becomes true", async () => {
      assert.match(
        failed(await kubectl(["wait", "--for=condition=Nope", "pxc/default", "--timeout=1s"])),
        /timed out/,
      );
    });

    it("get -w prints a line per change", async () => {
      const stop = new AbortController();
      const watching = execa("kubectl", ["get", "pxc", "default", "-w"], {
        env: kubectlEnvironment(stage),
        reject: false,
        cancelSignal: stop.signal,
      });
      let printed = "";
      watching.stdout.on("data", (chunk) => (printed += String(chunk)));
      await waitUntil("the first line", () => printed.includes("ebpf"));
      succeeded(
        await kubectl(["patch", "pxc", "default", "--type=merge", "-p", '{"spec":{"mode":"userspace"}}']),
      );
      await waitUntil("a line for the change", () => printed.includes("userspace"));
      stop.abort();
      await watching;
    });
  });
});
