import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { apiGroupVersion } from "../../crds/api.ts";
import { resources } from "../../platform/kube/resources.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import {
  AgentStage,
  conditionIs,
  makeNodeProxy,
  makeService,
  makeSlice,
  namespace,
  nodeName,
} from "./agent-stage.ts";

const root = join(import.meta.dirname, "../..");

describe("agent with the real kernel", function () {
  this.timeout(60_000);
  let stage: AgentStage;

  before(async function () {
    stage = await AgentStage.start(this);
  });

  after(() => stage?.close());

  it("changes nothing before it has settings, and reports what it is waiting for", async () => {
    await stage.applyService("web", "10.96.0.10", "10.244.1.5", "10.244.1.6");
    await stage.untilHealthzSays(/"stale":true.*NodeProxy of this node/);
    assert.equal(await stage.node.run("nft", ["list", "tables"]), "");
  });

  it("a Service and its EndpointSlice appear in the kernel, and the status reports it", async () => {
    await stage.apply(resources.nodeProxies, makeNodeProxy("r1"));
    await stage.untilKernelHas("10.96.0.10 -> 10.244.1.5", "10.96.0.10 -> 10.244.1.6");
    await stage.untilStatus("Ready with revision r1", (status) => {
      return status.observedRevision === "r1" && conditionIs(status, "Ready", "True");
    });
    await stage.untilHealthzSays(/"stale":false,"healthy":true/);
  });

  it("a changed EndpointSlice changes the elements of its Service only", async () => {
    await stage.applyService("other", "10.96.0.11", "10.244.1.7");
    await stage.untilKernelHas("10.96.0.11 -> 10.244.1.7");
    const before = await stage.readElements();
    await stage.apply(resources.endpointSlices, makeSlice("other", "10.244.1.8"));
    await stage.untilKernelHas("10.96.0.11 -> 10.244.1.8");
    const after = await stage.readElements();
    const changed = [...before, ...after].filter(
      (element) => !before.includes(element) || !after.includes(element),
    );
    assert.deepEqual(
      changed.filter((element) => !element.includes("10.244.1.7") && !element.includes("10.244.1.8")),
      [],
    );
  });

  it("a Service with the address of another one is left out and reported, all others are programmed", async () => {
    await stage.apply(
      resources.services,
      makeService("thief", "10.96.0.12", { externalIPs: ["10.96.0.10"] }),
    );
    await stage.apply(resources.endpointSlices, makeSlice("thief", "10.244.1.66"));
    await stage.applyService("later", "10.96.0.13", "10.244.1.9");
    await stage.untilKernelHas(
      "10.96.0.10 -> 10.244.1.5",
      "10.96.0.12 -> 10.244.1.66",
      "10.96.0.13 -> 10.244.1.9",
    );
    await stage.untilStatus("the thief in the status", (status) => {
      const named = status.services?.unsupported?.some(({ service }) => service === "default/thief") ?? false;
      return named && conditionIs(status, "Degraded", "True") && conditionIs(status, "Ready", "True");
    });
    assert.ok(
      await stage.client.delete({ resource: resources.services, name: "thief", namespace: "default" }),
    );
    await stage.untilStatus("no condition Degraded", (status) => conditionIs(status, "Degraded", "False"));
  });

  it("a different scheduling algorithm is applied without a restart", async () => {
    const { pid } = stage.agent;
    await stage.apply(
      resources.nodeProxies,
      makeNodeProxy("r2", { scheduling: { algorithm: "SourceHash" } }),
    );
    await stage.untilStatus("revision r2", (status) => status.observedRevision === "r2");
    assert.equal(stage.agent.pid, pid);
  });

  it("an external deletion is repaired, and reported in status, Events and metrics", async () => {
    await stage.node.run("nft", ["flush", "ruleset"]);
    await stage.untilKernelHas("10.96.0.10 -> 10.244.1.5");
    await stage.untilStatus("the drift in the status", ({ drift, conditions }) => {
      const condition = conditions?.find(({ type }) => type === "Drifted");
      return (
        drift?.detectedTotal === 1 &&
        /^nft \(process \d+/.test(drift.lastCulprit ?? "") &&
        condition?.status === "False"
      );
    });
    await waitUntil("the Event", async () => {
      const { items } = await stage.client.list(resources.events);
      return items.some((event) => "reason" in event && event["reason"] === "DriftRepaired");
    });
    const metrics = await stage.node.run("curl", ["--silent", "http://127.0.0.1:10249/metrics"]);
    assert.match(metrics, /^kubesteer_drift_detected_total\{mode="nftables"\} 1$/m);
    assert.match(metrics, /^kubesteer_drift_repairs_total\{mode="nftables"\} 1$/m);
    assert.match(metrics, /^kubesteer_drifted\{mode="nftables"\} 0$/m);
  });

  it("with drift.policy Report, an external deletion is only reported", async () => {
    await stage.apply(resources.nodeProxies, makeNodeProxy("r3", { drift: { policy: "Report" } }));
    await stage.untilStatus("revision r3", (status) => status.observedRevision === "r3");
    await stage.node.run("nft", ["flush", "map", "ip", "kubesteer", "eps-tcp"]);
    await stage.untilStatus("Drifted", (status) => conditionIs(status, "Drifted", "True"));
    assert.equal((await stage.readRoutes()).has("10.96.0.10 -> 10.244.1.5"), false);
    await stage.apply(resources.nodeProxies, makeNodeProxy("r4", { drift: { policy: "Repair" } }));
    await stage.untilKernelHas("10.96.0.10 -> 10.244.1.5");
    await stage.untilStatus("not Drifted", (status) => conditionIs(status, "Drifted", "False"));
  });

  it("shows how one Service is served", async () => {
    const text = await stage.node.run("curl", ["--silent", "http://127.0.0.1:10249/services/default/web"]);
    assert.match(text, /"service": "default\/web"/);
    assert.match(text, /"address": "10\.96\.0\.10",\s+"port": 80,\s+"connections": \d+/);
    assert.match(text, /"address": "10\.244\.1\.5",/);
  });

  it("after being killed and restarted, the agent takes over the existing table", async () => {
    const handles = await stage.tableHandles();
    await stage.agent.stop("SIGKILL");
    assert.equal(await stage.tableHandles(), handles, "rules stay while no agent runs");
    await stage.applyService("meanwhile", "10.96.0.14", "10.244.1.10");
    stage.agent.start();
    await stage.untilKernelHas("10.96.0.10 -> 10.244.1.5", "10.96.0.14 -> 10.244.1.10");
    assert.equal(await stage.tableHandles(), handles);
  });

  it("a change after a restart of the API server arrives", async () => {
    const { pid } = stage.agent;
    await stage.api.process.restart("SIGKILL");
    await stage.api.ready();
    await stage.applyService("after", "10.96.0.15", "10.244.1.11");
    await stage.untilKernelHas("10.96.0.15 -> 10.244.1.11", "10.96.0.10 -> 10.244.1.5");
    assert.equal(stage.agent.pid, pid);
  });

  it("an agent that starts while the API server is down keeps the rules, reports it, and continues when the server is back", async () => {
    await stage.agent.stop();
    await stage.api.process.stop("SIGKILL");
    stage.agent.start();
    await stage.untilHealthzSays(/"stale":true.*waiting for Services and EndpointSlices/);
    assert.ok((await stage.readRoutes()).has("10.96.0.10 -> 10.244.1.5"));
    stage.api.process.start();
    await stage.api.ready();
    await stage.applyService("back", "10.96.0.17", "10.244.1.13");
    await stage.untilKernelHas("10.96.0.17 -> 10.244.1.13", "10.96.0.10 -> 10.244.1.5");
  });

  it("a node that boots while the API server is down serves the last known Services, then the changes since", async () => {
    const server = await stage.serveHello("10.244.1.21");
    await stage.applyService("hello", "10.96.0.21", "10.244.1.21");
    await stage.applyService("gone", "10.96.0.22", "10.244.1.22");
    await stage.untilKernelHas("10.96.0.21 -> 10.244.1.21", "10.96.0.22 -> 10.244.1.22");
    await stage.agent.stop();
    assert.ok(
      await stage.client.delete({ resource: resources.services, name: "gone", namespace: "default" }),
    );
    await stage.api.process.stop("SIGKILL");
    await stage.node.run("nft", ["flush", "ruleset"]);
    await assert.rejects(stage.askHello("10.96.0.21"));

    stage.agent.start();
    await waitUntil("an answer", () => stage.askHello("10.96.0.21"));
    await stage.untilKernelHas("10.96.0.22 -> 10.244.1.22");
    await stage.untilHealthzSays(
      /"stale":true,"staleSince":"20.*until then Services are served as they were at/,
    );
    assert.match(await stage.readMetric("kubesteer_stale_since_timestamp_seconds"), /^[1-9]/);

    stage.api.process.start();
    await stage.api.ready();
    await waitUntil(
      "no deleted Service",
      async () => !(await stage.readRoutes()).has("10.96.0.22 -> 10.244.1.22"),
    );
    await stage.untilHealthzSays(/"stale":false,"healthy":true,"nodeEligible":true,"messages":\[\]/);
    assert.equal(await stage.readMetric("kubesteer_stale_since_timestamp_seconds"), "0");
    await stage.untilStatus("Ready", (status) => conditionIs(status, "Ready", "True"));
    assert.equal(await stage.askHello("10.96.0.21"), "hello");
    await server.stop("SIGKILL");
  });

  it("SIGTERM ends the agent with exit code 0 and leaves the rules", async () => {
    await stage.agent.stop("SIGKILL");
    const args = stage.node.agentArguments([]);
    const program = execa("ip", ["netns", "exec", namespace, process.execPath, ...args], { reject: false });
    await stage.untilHealthzSays(/"stale":false/);
    program.kill("SIGTERM");
    const { exitCode } = await program;
    assert.equal(exitCode, 0);
    assert.ok((await stage.readRoutes()).has("10.96.0.10 -> 10.244.1.5"));
  });

  it("an agent with a configuration file runs without a NodeProxy", async () => {
    assert.ok(await stage.client.delete({ resource: resources.nodeProxies, name: nodeName }));
    const file = join(stage.folder, "config.yaml");
    const config = { apiVersion: apiGroupVersion, kind: "ProxyConfig", metadata: { name: "file" }, spec: {} };
    await writeFile(file, JSON.stringify(config));
    const alone = stage.node.createAgent("alone", [`--config=${file}`]);
    alone.start();
    await stage.applyService("alone", "10.96.0.16", "10.244.1.12");
    await stage.untilKernelHas("10.96.0.16 -> 10.244.1.12");
    assert.equal(await stage.client.get({ resource: resources.nodeProxies, name: nodeName }), undefined);
    await alone.stop();
  });

  it("cleanup removes our tables and no others", async () => {
    await stage.node.run("nft", ["-f", "-"], { input: "add table inet foreign\n" });
    await stage.node.run(process.execPath, [join(root, "agent/main.ts"), "cleanup"]);
    assert.equal(await stage.node.run("nft", ["list", "tables"]), "table inet foreign");
  });
});
