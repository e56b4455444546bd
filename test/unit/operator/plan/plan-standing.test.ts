import assert from "node:assert/strict";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { agentSilenceMs } from "../../../../operator/plan/nodes/agent-silence.ts";
import { makeProxyConfig, nowMs, readyCondition, readyStatus, secondsAgo } from "./make-cluster.ts";
import {
  conditionOf,
  config,
  failed,
  plan,
  ready,
  statusOf,
  unsupported,
  withReports,
} from "./three-nodes.ts";

describe("planCluster: where a rollout stands", () => {
  it("names the selector that selects nothing", () => {
    const lonely = makeProxyConfig({ spec: { nodeSelector: { matchLabels: { pool: "edge" } } } });
    const condition = conditionOf({ proxyConfigs: [lonely] }, "Ready");
    assert.deepEqual([condition?.status, condition?.reason], ["False", "NoNodesSelected"]);
    assert.match(condition?.message ?? "", /pool=edge/);
    assert.match(conditionOf({ nodes: [] }, "Ready")?.message ?? "", /no Nodes/);
  });

  it("names the ProxyConfigs that have the nodes instead", () => {
    const winner = makeProxyConfig({ name: "winner", spec: { priority: 5 } });
    const view = { proxyConfigs: [config, winner] };
    assert.equal(statusOf(view).nodes?.overridden, 3);
    assert.equal(conditionOf(view, "Ready")?.reason, "AllNodesOverridden");
    assert.deepEqual(conditionOf(view, "Overridden"), {
      status: "True",
      reason: "OtherProxyConfigWins",
      message:
        "ProxyConfig winner (priority 5) owns node-1, node-2, node-3: its priority is higher than 0; " +
        "raise spec.priority or narrow spec.nodeSelector",
    });
    assert.equal(conditionOf(view, "Overridden", "winner"), undefined);
  });

  for (const { name, metadata, why } of [
    {
      name: "older",
      metadata: { creationTimestamp: secondsAgo(7200) },
      why: "its priority is equal and it is older",
    },
    {
      name: "a-first-one-by-name",
      metadata: {},
      why: "priority and age are equal and its name sorts first",
    },
  ]) {
    it(`says that ${why}`, () => {
      const winner = makeProxyConfig({ name, metadata });
      const message = conditionOf({ proxyConfigs: [config, winner] }, "Overridden")?.message ?? "";
      assert.ok(message.includes(`owns node-1, node-2, node-3: ${why}; raise spec.priority`), message);
    });
  }

  const atOnce =
    "the change went to all nodes at once: rollout.canary, maxUnavailable and onFailure are not implemented yet";
  for (const { name, view, message } of [
    { name: "while a rollout runs", view: {}, message: atOnce },
    {
      name: "of a complete rollout",
      view: { nodeProxies: withReports([ready, ready, ready]) },
      message: atOnce,
    },
    {
      name: "of a stalled rollout",
      view: { nodeProxies: withReports([unsupported, unsupported, unsupported]) },
      message: `no node supports spec.mode or one of spec.fallbackModes; ${atOnce}`,
    },
    { name: "without nodes", view: { nodes: [] }, message: undefined },
  ]) {
    it(`says ${name} that it is not staged, where it is so`, () => {
      assert.equal(statusOf(view).rollout?.message, message);
      assert.doesNotMatch(conditionOf(view, "Ready")?.message ?? "", /canary/);
    });
  }

  it("says what a pause holds", () => {
    const paused = makeProxyConfig({ spec: { mode: "ipvs", rollout: { paused: true } } });
    const view = { proxyConfigs: [paused], nodeProxies: withReports([ready, ready, ready]) };
    assert.equal(conditionOf(view, "Ready")?.reason, "RolloutPaused");
    assert.match(
      conditionOf(view, "Progressing")?.message ?? "",
      /holds 3 of 3 nodes.*node-1, node-2, node-3/,
    );
  });

  const stallRows: readonly {
    readonly name: string;
    readonly view: Partial<ClusterView>;
    readonly states: string;
    readonly stage: string;
  }[] = [
    {
      name: "no node supports the mode",
      view: { nodeProxies: withReports([unsupported, unsupported, unsupported]) },
      states: "Stalled=True ModeUnsupported, Progressing=False ModeUnsupported, Ready=False ModeUnsupported",
      stage: "stalled 0/3",
    },
    {
      name: "no node that reports supports the mode",
      view: {
        nodeProxies: withReports([unsupported, ready, unsupported]),
        heartbeats: new Map([["node-2", { unchangedMs: agentSilenceMs, seenChanging: true }]]),
      },
      states: "Stalled=True ModeUnsupported, Progressing=False ModeUnsupported, Ready=False ModeUnsupported",
      stage: "stalled 0/3",
    },
    {
      name: "some nodes do not support the mode and one may still",
      view: { nodeProxies: withReports([unsupported, undefined, unsupported]) },
      states: "Stalled=undefined, Progressing=True NodesUpdating, Ready=False ModeUnsupported",
      stage: "updating 0/3",
    },
    {
      name: "one node does not support the mode and another fails",
      view: { nodeProxies: withReports([unsupported, failed, ready]) },
      states: "Stalled=undefined, Progressing=True NodesUpdating, Ready=False NodesFailing",
      stage: "updating 1/3",
    },
    {
      name: "other ProxyConfigs have all nodes",
      view: { proxyConfigs: [config, makeProxyConfig({ name: "winner", spec: { priority: 5 } })] },
      states:
        "Stalled=True AllNodesOverridden, Progressing=False AllNodesOverridden, Ready=False AllNodesOverridden",
      stage: "no nodes",
    },
    {
      name: "it selects no node",
      view: { proxyConfigs: [makeProxyConfig({ spec: { nodeSelector: { matchLabels: { a: "b" } } } })] },
      states: "Stalled=True NoNodesSelected, Progressing=False NoNodesSelected, Ready=False NoNodesSelected",
      stage: "no nodes",
    },
    {
      name: "there are no nodes",
      view: { nodes: [] },
      states: "Stalled=True NoNodesSelected, Progressing=False NoNodesSelected, Ready=False NoNodesSelected",
      stage: "no nodes",
    },
  ];
  for (const { name, view, states, stage } of stallRows) {
    it(`has states that agree when ${name}`, () => {
      const shown = ["Stalled", "Progressing", "Ready"].map((type) => {
        const condition = conditionOf(view, type);
        return `${type}=${condition === undefined ? "undefined" : `${condition.status} ${condition.reason}`}`;
      });
      assert.deepEqual([shown.join(", "), statusOf(view).rollout?.stage], [states, stage]);
    });
  }

  it("says in Stalled what to change", () => {
    const messages = stallRows.map(({ view }) => conditionOf(view, "Stalled")?.message ?? "");
    const [mode, , , , overridden, none, empty] = messages;
    assert.match(mode ?? "", /no node supports spec\.mode or one of spec\.fallbackModes.*needs nft 1\.0\.1/);
    assert.match(overridden ?? "", /winner \(priority 5\) owns node-1, node-2, node-3/);
    assert.match(none ?? "", /\(a=b\); label a Node or change the selector/);
    assert.match(empty ?? "", /no Nodes yet; add one/);
  });

  it("is not Stalled by a mode that nodes do not support while a pause holds them", () => {
    const paused = makeProxyConfig({ spec: { mode: "ipvs", rollout: { paused: true } } });
    const view = {
      proxyConfigs: [paused],
      nodeProxies: withReports([unsupported, unsupported, unsupported]),
    };
    assert.equal(conditionOf(view, "Stalled"), undefined);
    assert.equal(conditionOf(view, "Ready")?.reason, "RolloutPaused");
  });

  it("gives nodes that get what the mode needs the full time again", () => {
    const lateMs = nowMs + 3_600_000;
    const stuck = withReports([unsupported, unsupported, unsupported]);
    const known = { ...config, status: statusOf({ nodeProxies: stuck }) };
    const syncing = readyStatus("rev-old", { conditions: [readyCondition("False", "Syncing")] });
    const [change] = plan({
      proxyConfigs: [known],
      nodeProxies: withReports([syncing]),
      nowMs: lateMs,
    }).statuses;
    assert.equal(change?.status.rollout?.stage, "updating 0/3");
  });
});
