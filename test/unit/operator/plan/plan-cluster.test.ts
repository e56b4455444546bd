import assert from "node:assert/strict";
import { controllerRevisionName } from "../../../../operator/plan/history/controller-revision.ts";
import { revisionKey } from "../../../../operator/plan/write-keys.ts";
import { makeNode, makeNodeProxy, makeProxyConfig, nowIso, nowMs, storedRevision } from "./make-cluster.ts";
import { config, nodes, plan, ready, revision, statusOf, withReports, written } from "./three-nodes.ts";

describe("planCluster: NodeProxies", () => {
  it("writes one for each node that a ProxyConfig selects", () => {
    assert.deepEqual(
      written({}).map(({ metadata }) => metadata.name),
      ["node-1", "node-2", "node-3"],
    );
  });

  it("writes nothing when all are as they should be, whatever else is on them", () => {
    const nodeProxies = withReports([ready, ready, ready]).map((nodeProxy) => ({
      ...nodeProxy,
      metadata: { ...nodeProxy.metadata, labels: { ...nodeProxy.metadata.labels, team: "a" } },
    }));
    assert.deepEqual(plan({ nodeProxies }).nodeProxies, []);
  });

  const [first = makeNode("node-1")] = nodes;
  const correct = makeNodeProxy(first, config);
  const wrong = [
    {
      name: "settings that another client changed",
      spec: { ...correct.spec, config: { ...correct.spec.config, masqueradeAll: true } },
    },
    {
      name: "a fact about the node that changed",
      spec: { ...correct.spec, node: { podCIDRs: ["10.0.0.0/24"], addresses: [] } },
    },
    { name: "a missing label", metadata: { ...correct.metadata, labels: {} } },
    { name: "a Node that was recreated", metadata: { ...correct.metadata, ownerReferences: [] } },
    {
      name: "a label of an orphan that is none",
      metadata: {
        ...correct.metadata,
        labels: { ...correct.metadata.labels, "kubesteer.dev/orphaned": "true" },
      },
    },
  ];
  for (const { name, ...changes } of wrong) {
    it(`repairs ${name}`, () => {
      const repaired = written({ nodes: [first], nodeProxies: [{ ...correct, ...changes }] });
      assert.deepEqual(
        repaired.map(({ spec }) => spec),
        [correct.spec],
      );
    });
  }

  it("leaves one alone that is being deleted", () => {
    const terminating = {
      ...correct,
      metadata: { ...correct.metadata, labels: {}, deletionTimestamp: nowIso },
    };
    assert.deepEqual(plan({ nodes: [first], nodeProxies: [terminating] }).nodeProxies, []);
    assert.deepEqual(plan({ nodes: [], nodeProxies: [terminating] }).deletions, []);
  });

  it("deletes those of nodes that are gone", () => {
    const { deletions } = plan({ nodes: [first], nodeProxies: withReports([ready, ready, ready]) });
    assert.deepEqual(
      deletions.map(({ metadata }) => metadata.name),
      ["node-2", "node-3"],
    );
  });

  it("keeps the settings of nodes that no ProxyConfig selects any more, and labels them", () => {
    const before = withReports([ready, ready, ready]);
    const after = written({ proxyConfigs: [], nodeProxies: before });
    assert.deepEqual(
      after.map(({ spec }) => spec),
      before.map(({ spec }) => spec),
    );
    for (const { metadata } of after) assert.equal(metadata.labels?.["kubesteer.dev/orphaned"], "true");
    assert.deepEqual(plan({ proxyConfigs: [], nodeProxies: after }).nodeProxies, []);
  });

  it("writes nothing for nodes that no ProxyConfig ever selected", () => {
    assert.deepEqual(plan({ proxyConfigs: [] }).nodeProxies, []);
  });

  it("treats a ProxyConfig that is being deleted as gone, and gives its nodes to the next", () => {
    const leaving = makeProxyConfig({
      name: "leaving",
      spec: { priority: 9, mode: "ipvs" },
      metadata: { deletionTimestamp: nowIso },
    });
    const { nodeProxies, statuses } = plan({
      proxyConfigs: [leaving, config],
      nodeProxies: withReports([], leaving),
    });
    assert.deepEqual(
      new Set(nodeProxies.map(({ nodeProxy }) => nodeProxy.spec.configName)),
      new Set(["default"]),
    );
    assert.deepEqual(
      statuses.map(({ proxyConfig }) => proxyConfig.metadata.name),
      ["default"],
    );
  });

  it("holds settings, but not facts about the node, while the rollout is paused", () => {
    const paused = makeProxyConfig({ spec: { mode: "ipvs", rollout: { paused: true } } });
    const moved = makeNode("node-1", { facts: { podCIDRs: ["10.0.0.0/24"], addresses: [] } });
    const [held] = written({ proxyConfigs: [paused], nodes: [moved], nodeProxies: [correct] });
    assert.equal(held?.spec.revision, revision);
    assert.equal(held?.spec.config.mode, "nftables");
    assert.deepEqual(held?.spec.node.podCIDRs, ["10.0.0.0/24"]);
  });

  describe("after a revision could not be written", () => {
    const older = makeProxyConfig({ spec: { mode: "ipvs" } });
    const key = revisionKey(controllerRevisionName("default", revision));
    const view = {
      nodeProxies: withReports([], older),
      failedWrites: new Map([[key, "connection refused"]]),
    };

    it("gives it to no node, because it is not stored", () => {
      assert.deepEqual(written({ ...view, revisions: [storedRevision(older)] }), []);
    });

    for (const { name, sequence } of [
      { name: "the answer was lost", sequence: 2 },
      { name: "only its number is old", sequence: 0 },
    ]) {
      it(`gives it to all nodes where it is stored: ${name}`, () => {
        const revisions = [storedRevision(older), storedRevision(config, sequence)];
        assert.deepEqual(
          written({ ...view, revisions }).map(({ spec }) => spec.revision),
          [revision, revision, revision],
        );
        assert.equal(statusOf({ ...view, revisions }).rollout?.phase, "Updating");
      });
    }
  });
});

describe("planCluster: next look", () => {
  it("is at the rollout's deadline while one is under way", () => {
    const deadlineMs = nowMs + config.spec.rollout.progressDeadlineSeconds * 1000;
    assert.equal(plan({}).nextLookAtMs, deadlineMs);
  });

  it("is never when nothing can change by itself", () => {
    assert.equal(plan({ nodes: [] }).nextLookAtMs, undefined);
  });
});
