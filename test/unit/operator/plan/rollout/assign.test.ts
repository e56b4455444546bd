import assert from "node:assert/strict";
import { settingsOf } from "../../../../../crds/node-settings.ts";
import { assign } from "../../../../../operator/plan/rollout/assign.ts";
import { makeNodeProxy, makeNodes, makeProxyConfig } from "../make-cluster.ts";

const nodes = makeNodes(3);
const [first, second] = nodes;
const older = makeProxyConfig({ name: "older", spec: { mode: "ipvs" } });
const newest = makeProxyConfig();
const target = settingsOf(newest);
const { revision: oldRevision } = settingsOf(older);
const previous = settingsOf(makeProxyConfig({ spec: { masqueradeAll: true } }));

/** node-1 has the settings of another ProxyConfig, node-2 the newest, node-3 none. */
const nodeProxyOf = new Map([
  ...(first ? [[first.name, makeNodeProxy(first, older)] as const] : []),
  ...(second ? [[second.name, makeNodeProxy(second, newest)] as const] : []),
]);

function assigned({ paused = false, unstorable = false, hasPrevious = true, count = 3 } = {}) {
  const { revisions, held, holdReason } = assign({
    nodes: nodes.slice(0, count),
    nodeProxyOf,
    target,
    paused,
    unstorable,
    previous: hasPrevious ? previous : undefined,
  });
  const byNode = [...revisions].map(
    ([node, { configName, revision }]) => `${node} ${configName} ${revision}`,
  );
  return { byNode, held: [...held], holdReason };
}

const toAll = [
  `node-1 default ${target.revision}`,
  `node-2 default ${target.revision}`,
  `node-3 default ${target.revision}`,
];
const kept = [`node-1 older ${oldRevision}`, ...toAll.slice(1)];

describe("assign", () => {
  it("gives the target to all nodes at once", () => {
    assert.deepEqual(assigned(), { byNode: toAll, held: [], holdReason: undefined });
  });

  it("leaves nodes what they have while paused, and gives the target to those without settings", () => {
    assert.deepEqual(assigned({ paused: true }), { byNode: kept, held: ["node-1"], holdReason: "paused" });
  });

  it("gives those the previous revision while the target cannot be stored, which counts more than a pause", () => {
    for (const paused of [false, true]) {
      assert.deepEqual(assigned({ paused, unstorable: true }), {
        byNode: [...kept.slice(0, 2), `node-3 default ${previous.revision}`],
        held: ["node-1", "node-3"],
        holdReason: "unstored",
      });
    }
  });

  it("gives them the target where there is no previous revision", () => {
    assert.deepEqual(assigned({ unstorable: true, hasPrevious: false }), {
      byNode: kept,
      held: ["node-1"],
      holdReason: "unstored",
    });
  });

  it("is not held back where all nodes have the target", () => {
    const withTarget = new Map(nodes.map((node) => [node.name, makeNodeProxy(node, newest)]));
    const { held, holdReason } = assign({
      nodes,
      nodeProxyOf: withTarget,
      target,
      paused: false,
      unstorable: true,
      previous,
    });
    assert.deepEqual([held.size, holdReason], [0, undefined]);
  });

  it("assigns nothing without nodes", () => {
    assert.deepEqual(assigned({ paused: true, count: 0 }), { byNode: [], held: [], holdReason: "paused" });
  });
});
