import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeProxy, ProxyConfig } from "../../crds/api.ts";
import { resources } from "../../platform/kube/resources.ts";
import { waitUntil } from "../../playground/wait-until.ts";
import { startApiUnderTest, type ApiUnderTest } from "../support/api-under-test.ts";
import { type RestartableApi, startRestartableApi } from "../support/restartable-api.ts";
import { createOperatorKubeconfig } from "../support/service-accounts.ts";
import { OperatorStage } from "./operator-stage.ts";

const orphanedLabel = "kubesteer.dev/orphaned";

function conditionOf({ status }: ProxyConfig, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

describe("operator and API server", function () {
  this.timeout(60_000);
  let api: ApiUnderTest;
  let stage: OperatorStage;

  before(async () => {
    api = await startApiUnderTest();
    const operatorKubeconfig = await createOperatorKubeconfig(api);
    stage = await OperatorStage.prepare({ kubeconfig: api.kubeconfig, operatorKubeconfig });
  });
  after(() => api.close());

  describe("one operator", () => {
    before(() => {
      stage.startOperator("one");
    });
    after(() => stage.stopOperators());
    afterEach(() => stage.clear());

    it("rolls a ProxyConfig out to the nodes and reports completion", async () => {
      await stage.applyConfig("rollout", { mode: "iptables" });
      const lonely = await stage.ready("rollout", "False", "NoNodesSelected");
      assert.equal(lonely.status?.nodes?.selected, 0);

      await stage.addNode("node-1", { "topology.kubernetes.io/zone": "z1" });
      await stage.addNode("node-2");
      const { spec, metadata } = await stage.nodeProxy("node-1");
      assert.equal(spec.config.mode, "iptables");
      assert.deepEqual(spec.node, { zone: "z1", podCIDRs: ["10.244.0.0/24"], addresses: [] });
      assert.equal(metadata.ownerReferences?.[0]?.name, "node-1");
      await stage.nodeProxy("node-2");
      const waiting = await stage.ready("rollout", "False", "NodesUpdating");
      assert.equal(conditionOf(waiting, "Progressing")?.status, "True");

      await stage.report("node-1");
      await stage.report("node-2");
      const { status } = await stage.ready("rollout", "True");
      assert.deepEqual(status?.nodes, {
        selected: 2,
        updated: 2,
        ready: 2,
        failed: 0,
        unsupported: 0,
        degraded: 0,
        drifted: 0,
        overridden: 0,
      });
      assert.deepEqual(status.modes, [{ mode: "iptables", nodes: 2 }]);
      assert.equal(status.currentRevision, spec.revision);
      assert.equal(status.lastGoodRevision, spec.revision);
      assert.equal(status.rollout?.stage, "complete");
      assert.match(await stage.event("rollout", "RolloutStarted"), new RegExp(spec.revision));
      assert.match(await stage.event("rollout", "RolloutFinished"), /2 nodes/);
    });

    it("rolls a change out to the nodes without changing spec, labels and annotations", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      const before = await stage.nodeProxy("node-1");
      await stage.report("node-1");
      const ready = await stage.ready("default", "True");

      await stage.applyConfig("default", { masqueradeAll: true });
      const after = await stage.nodeProxy("node-1", ({ spec }) => spec.config.masqueradeAll);
      assert.notEqual(after.spec.revision, before.spec.revision);
      const updating = await stage.ready("default", "False", "NodesUpdating");
      assert.equal(updating.status?.currentRevision, before.spec.revision);
      assert.equal(updating.status.updateRevision, after.spec.revision);
      assert.deepEqual(updating.spec, { ...ready.spec, masqueradeAll: true });
      assert.deepEqual([updating.metadata.labels, updating.metadata.annotations], [undefined, undefined]);

      await stage.report("node-1");
      const done = await stage.ready("default", "True");
      assert.equal(done.status?.currentRevision, after.spec.revision);
    });

    it("stores the settings of each revision once, and deletes them with the ProxyConfig", async () => {
      await stage.addNode("history-1");
      await stage.applyConfig("history", {});
      const { spec: first } = await stage.nodeProxy("history-1");
      await stage.applyConfig("history", { masqueradeAll: true });
      const { spec: second } = await stage.nodeProxy("history-1", ({ spec }) => spec.config.masqueradeAll);
      await stage.applyConfig("history", {});
      await stage.nodeProxy("history-1", ({ spec }) => !spec.config.masqueradeAll);

      const stored = await stage.revisions("history");
      assert.deepEqual(
        stored.map(({ data, revision }) => [revision, data.config]),
        [
          [2, second.config],
          [3, first.config],
        ],
      );
      const { metadata, status } = await stage.proxyConfig("history");
      assert.deepEqual(
        stored.map(({ metadata: { ownerReferences = [] } }) => ownerReferences.map(({ uid }) => uid)),
        [[metadata.uid], [metadata.uid]],
      );
      assert.deepEqual([status?.rollout?.from, status?.rollout?.to], [second.revision, first.revision]);

      await stage.deleteConfig("history");
      await waitUntil(
        "the history to be deleted",
        async () => (await stage.revisions("history")).length === 0,
      );
    });

    it("repairs a NodeProxy that another client changed", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      const { spec } = await stage.nodeProxy("node-1");
      await stage.client.mergePatch(
        { resource: resources.nodeProxies, name: "node-1" },
        { spec: { config: { masqueradeAll: true } } },
      );
      const repaired = await stage.nodeProxy("node-1", (found) => !found.spec.config.masqueradeAll);
      assert.deepEqual(repaired.spec, spec);
    });

    it("repairs a NodeProxy that another client added settings to", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      const { spec } = await stage.nodeProxy("node-1");
      const foreign = { name: "foreign", names: ["a/b"], scheduling: { algorithm: "RoundRobin" } };
      const changed = await stage.client.mergePatch<NodeProxy>(
        { resource: resources.nodeProxies, name: "node-1" },
        { spec: { config: { services: [foreign] }, node: { zone: "elsewhere" } } },
      );
      assert.equal(changed.spec.node.zone, "elsewhere");
      const repaired = await stage.nodeProxy("node-1", (found) => found.spec.node.zone === undefined);
      assert.deepEqual(repaired.spec, spec);
    });

    it("follows a Node that is recreated under the same name", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      const [before] = (await stage.nodeProxy("node-1")).metadata.ownerReferences ?? [];
      await stage.deleteNode("node-1");
      await stage.addNode("node-1");
      await stage.nodeProxy("node-1", ({ metadata }) => {
        const [owner, ...others] = metadata.ownerReferences ?? [];
        return owner?.uid !== before?.uid && others.length === 0;
      });
    });

    it("reports a failing node and its recovery", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("failing", {});
      await stage.nodeProxy("node-1");
      await stage.report("node-1", {
        failure: { reason: "SyncFailed", message: "nft refused the transaction" },
      });
      const failing = await stage.ready("failing", "False", "NodesFailing");
      assert.match(conditionOf(failing, "Ready")?.message ?? "", /node-1 SyncFailed: nft refused/);
      assert.equal(conditionOf(failing, "Degraded")?.status, "True");
      assert.match(await stage.event("failing", "NodeFailed"), /node-1 SyncFailed/);
      await stage.report("node-1");
      await stage.ready("failing", "True");
      assert.match(await stage.event("failing", "NodeRecovered"), /node-1/);
    });

    it("does not count an agent as silent because the node's clock is slow", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      await stage.nodeProxy("node-1");
      await stage.report("node-1", { clockMs: Date.now() - 3_600_000 });
      const { status } = await stage.ready("default", "True");
      assert.deepEqual(status?.failing, []);
    });

    it("keeps the settings of nodes while the rollout is paused, and gives settings to new nodes", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      const { spec } = await stage.nodeProxy("node-1");
      await stage.report("node-1");
      await stage.ready("default", "True");
      await stage.applyConfig("default", { masqueradeAll: true, rollout: { paused: true } });
      const paused = await stage.ready("default", "False", "RolloutPaused");
      assert.match(conditionOf(paused, "Progressing")?.message ?? "", /node-1/);
      await stage.addNode("node-2");
      const second = await stage.nodeProxy("node-2");
      assert.equal(second.spec.config.masqueradeAll, true);
      assert.deepEqual((await stage.nodeProxy("node-1")).spec, spec);
      await stage.applyConfig("default", { masqueradeAll: true, rollout: { paused: false } });
      await stage.nodeProxy("node-1", (found) => found.spec.revision === second.spec.revision);
    });

    it("assigns a node to the ProxyConfig with the highest priority, and reports it to the others", async () => {
      await stage.addNode("node-1", { pool: "edge" });
      await stage.applyConfig("low", {});
      await stage.nodeProxy("node-1", ({ spec }) => spec.configName === "low");
      await stage.applyConfig("high", {
        priority: 10,
        mode: "ipvs",
        nodeSelector: { matchLabels: { pool: "edge" } },
      });
      const taken = await stage.nodeProxy("node-1", ({ spec }) => spec.configName === "high");
      assert.equal(taken.spec.config.mode, "ipvs");
      const loser = await stage.ready("low", "False", "AllNodesOverridden");
      assert.equal(loser.status?.nodes?.overridden, 1);
      assert.match(conditionOf(loser, "Overridden")?.message ?? "", /high \(priority 10\) owns node-1/);
      assert.match(await stage.event("low", "ConfigOverridden"), /high/);

      await stage.deleteConfig("high");
      await stage.nodeProxy("node-1", ({ spec }) => spec.configName === "low");
    });

    it("keeps the settings of a node after its last ProxyConfig is deleted, until the Node is removed", async () => {
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      const { spec } = await stage.nodeProxy("node-1");
      await stage.deleteConfig("default");
      const orphan = await stage.nodeProxy(
        "node-1",
        ({ metadata }) => metadata.labels?.[orphanedLabel] === "true",
      );
      assert.deepEqual(orphan.spec, spec);
      assert.match(await stage.event("node-1", "ConfigOrphaned"), /ProxyConfig default is deleted/);

      await stage.applyConfig("default", {});
      await stage.nodeProxy("node-1", ({ metadata }) => metadata.labels?.[orphanedLabel] === undefined);

      await stage.deleteNode("node-1");
      await waitUntil("the NodeProxy to be removed", async () => (await stage.nodeProxies()).length === 0);
    });
  });

  describe("two operators", () => {
    afterEach(async () => {
      await stage.stopOperators();
      await stage.clear();
    });

    it("elect a new leader when the leader stops", async () => {
      const first = stage.startOperator("first");
      await waitUntil("the first to lead", async () => (await stage.leader()) === "first");
      stage.startOperator("second");
      await stage.addNode("node-1");
      await stage.applyConfig("default", {});
      await stage.nodeProxy("node-1");
      assert.equal(await stage.leader(), "first");

      await first.stop();
      await stage.addNode("node-2");
      await stage.nodeProxy("node-2");
      assert.equal(await stage.leader(), "second");
    });
  });
});

describe("operator and an API server that restarts", function () {
  this.timeout(60_000);
  let folder: string;
  let api: RestartableApi;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubesteer-restart-"));
    api = await startRestartableApi(folder);
  });
  after(async () => {
    await api.close();
    await rm(folder, { recursive: true });
  });

  it("continues afterwards, and follows later changes", async () => {
    const operatorKubeconfig = await createOperatorKubeconfig(api);
    const stage = await OperatorStage.prepare({ kubeconfig: api.kubeconfig, operatorKubeconfig });
    const operator = stage.startOperator("survivor");
    await stage.addNode("node-1");
    await stage.applyConfig("default", {});
    const { spec } = await stage.nodeProxy("node-1");

    await api.process.restart();
    await api.ready();
    await stage.applyConfig("default", { masqueradeAll: true });
    const changed = await stage.nodeProxy("node-1", (found) => found.spec.config.masqueradeAll);
    assert.notEqual(changed.spec.revision, spec.revision);

    await operator.stop();
  });
});
