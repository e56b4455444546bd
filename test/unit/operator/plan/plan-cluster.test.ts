import assert from "node:assert/strict";
import type { NodeProxyStatus, ProxyConfig, ProxyConfigStatus } from "../../../../crds/api.ts";
import { findCondition } from "../../../../platform/kube/conditions.ts";
import { agentSilenceMs } from "../../../../operator/plan/nodes/agent-silence.ts";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import type { PlannedEvent } from "../../../../operator/plan/status/plan-events.ts";
import { planCluster } from "../../../../operator/plan/plan-cluster.ts";
import { settingsOf } from "../../../../crds/node-settings.ts";
import {
  makeNode,
  makeNodeProxy,
  makeNodes,
  makeProxyConfig,
  makeView,
  nowIso,
  nowMs,
  readyCondition,
  readyStatus,
  secondsAgo,
} from "./make-cluster.ts";

const config = makeProxyConfig();
const { revision } = settingsOf(config);
const nodes = makeNodes(3);

function plan(view: Partial<ClusterView>) {
  return planCluster(makeView({ proxyConfigs: [config], nodes, ...view }));
}

/** The nodes with their NodeProxies written and the given reports of their agents. */
function withReports(reports: readonly (NodeProxyStatus | undefined)[], from: ProxyConfig = config) {
  return nodes.map((node, index) => {
    const status = reports[index];
    return makeNodeProxy(node, from, status === undefined ? {} : { status });
  });
}

function statusOf(view: Partial<ClusterView>, name = "default") {
  const change = plan(view).statuses.find(({ proxyConfig }) => proxyConfig.metadata.name === name);
  assert.ok(change, `no new status for ${name}`);
  return change.status;
}

function conditionOf(view: Partial<ClusterView>, type: string, name = "default") {
  const condition = findCondition(statusOf(view, name).conditions ?? [], type);
  return condition && { status: condition.status, reason: condition.reason, message: condition.message };
}

const ready = readyStatus(revision);
const withDegraded = (message: string): NodeProxyStatus => ({
  ...ready,
  conditions: [
    ...(ready.conditions ?? []),
    { type: "Degraded", status: "True", reason: "ServiceProblems", message, lastTransitionTime: nowIso },
  ],
});
const degraded = withDegraded("Not served as specified: shop/web.");
const unsupported = readyStatus("rev-old", {
  conditions: [readyCondition("False", "ModeUnsupported", "mode nftables needs nft 1.0.1")],
});
const failed = readyStatus(revision, {
  conditions: [readyCondition("False", "SyncFailed", "nft refused the transaction")],
});

describe("planCluster: NodeProxies", () => {
  it("writes one for each node that a ProxyConfig selects", () => {
    assert.deepEqual(
      plan({}).nodeProxies.map(({ metadata }) => metadata.name),
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
      name: "settings that somebody else changed",
      spec: { ...correct.spec, config: { ...correct.spec.config, masqueradeAll: true } },
    },
    {
      name: "a fact about the node that changed",
      spec: { ...correct.spec, node: { podCIDRs: ["10.0.0.0/24"], addresses: [] } },
    },
    { name: "a missing label", metadata: { ...correct.metadata, labels: {} } },
    { name: "a Node that was made anew", metadata: { ...correct.metadata, ownerReferences: [] } },
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
      const written = plan({ nodes: [first], nodeProxies: [{ ...correct, ...changes }] }).nodeProxies;
      assert.deepEqual(
        written.map(({ spec }) => spec),
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
    const after = plan({ proxyConfigs: [], nodeProxies: before }).nodeProxies;
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

  it("takes a ProxyConfig that is being deleted for gone, and gives its nodes to the next", () => {
    const leaving = makeProxyConfig({
      name: "leaving",
      spec: { priority: 9, mode: "ipvs" },
      metadata: { deletionTimestamp: nowIso },
    });
    const { nodeProxies, statuses } = plan({
      proxyConfigs: [leaving, config],
      nodeProxies: withReports([], leaving),
    });
    assert.deepEqual(new Set(nodeProxies.map(({ spec }) => spec.configName)), new Set(["default"]));
    assert.deepEqual(
      statuses.map(({ proxyConfig }) => proxyConfig.metadata.name),
      ["default"],
    );
  });

  it("holds settings, but not facts about the node, while the rollout is paused", () => {
    const paused = makeProxyConfig({ spec: { mode: "ipvs", rollout: { paused: true } } });
    const moved = makeNode("node-1", { facts: { podCIDRs: ["10.0.0.0/24"], addresses: [] } });
    const [written] = plan({ proxyConfigs: [paused], nodes: [moved], nodeProxies: [correct] }).nodeProxies;
    assert.equal(written?.spec.revision, revision);
    assert.equal(written?.spec.config.mode, "nftables");
    assert.deepEqual(written?.spec.node.podCIDRs, ["10.0.0.0/24"]);
  });
});

describe("planCluster: status", () => {
  it("has Ready from the first look on, for the generation it saw", () => {
    const status = statusOf({ nodeProxies: [] });
    assert.equal(status.observedGeneration, 1);
    for (const condition of status.conditions ?? []) assert.equal(condition.observedGeneration, 1);
    const condition = findCondition(status.conditions ?? [], "Ready");
    assert.equal(condition?.status, "False");
    assert.match(condition?.message ?? "", /^0 of 3 nodes ready.*waiting for node-1, node-2, node-3/);
  });

  it("counts nodes", () => {
    const nodeProxies = withReports([ready, failed, readyStatus("rev-old")]);
    assert.deepEqual(statusOf({ nodeProxies }).nodes, {
      selected: 3,
      updated: 2,
      ready: 1,
      failed: 1,
      unsupported: 0,
      degraded: 0,
      drifted: 0,
      overridden: 0,
    });
  });

  it("counts modes by name", () => {
    const nodeProxies = withReports([ready, { ...ready, runningMode: "iptables" }, ready]);
    assert.deepEqual(statusOf({ nodeProxies }).modes, [
      { mode: "iptables", nodes: 1 },
      { mode: "nftables", nodes: 2 },
    ]);
  });

  it("is Ready and neither Progressing nor Degraded when all nodes are ready", () => {
    const nodeProxies = withReports([ready, ready, ready]);
    const types = statusOf({ nodeProxies }).conditions?.map(({ type, status }) => `${type}=${status}`);
    assert.deepEqual(types, ["Ready=True", "Progressing=False", "Degraded=False"]);
  });

  it("says what a node fails of", () => {
    const nodeProxies = withReports([ready, failed, ready]);
    const message = `node-2 SyncFailed: nft refused the transaction`;
    assert.deepEqual(conditionOf({ nodeProxies }, "Ready"), {
      status: "False",
      reason: "NodesFailing",
      message: `2 of 3 nodes ready with ${revision}; ${message}`,
    });
    assert.deepEqual(conditionOf({ nodeProxies }, "Degraded"), {
      status: "True",
      reason: "NodesFailing",
      message,
    });
    assert.deepEqual(statusOf({ nodeProxies }).failing, [
      { node: "node-2", reason: "SyncFailed", message: "nft refused the transaction", since: nowIso },
    ]);
  });

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
        "ProxyConfig winner (priority 5) has node-1, node-2, node-3: its priority is higher than 0; " +
        "raise spec.priority or narrow spec.nodeSelector",
    });
    assert.equal(conditionOf(view, "Overridden", "winner"), undefined);
  });

  for (const { name, metadata, why } of [
    {
      name: "older",
      metadata: { creationTimestamp: secondsAgo(7200) },
      why: "its priority is the same and it is older",
    },
    {
      name: "a-first-one-by-name",
      metadata: {},
      why: "priority and age are the same and its name comes first",
    },
  ]) {
    it(`says that ${why}`, () => {
      const winner = makeProxyConfig({ name, metadata });
      const message = conditionOf({ proxyConfigs: [config, winner] }, "Overridden")?.message ?? "";
      assert.ok(message.includes(`has node-1, node-2, node-3: ${why}; raise spec.priority`), message);
    });
  }

  const atOnce =
    "the change went to all nodes at once: this version does not obey rollout.canary, maxUnavailable and onFailure";
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
    assert.match(overridden ?? "", /winner \(priority 5\) has node-1, node-2, node-3/);
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

  it("tells a mode that some nodes fell back to", () => {
    const fallback = readyStatus(revision, {
      runningMode: "iptables",
      fallbackReason: "mode nftables needs nft",
    });
    const nodeProxies = withReports([ready, ready, fallback]);
    assert.deepEqual(conditionOf({ nodeProxies }, "ModeFallback"), {
      status: "True",
      reason: "ModeUnsupported",
      message: "node-3 cannot run nftables; node-3 runs iptables because mode nftables needs nft",
    });
  });

  it("is Degraded, but Ready, when foreign changes are not repaired", () => {
    const drifted = {
      type: "Drifted",
      status: "True",
      reason: "R",
      message: "",
      lastTransitionTime: nowIso,
    } as const;
    const report = { ...ready, conditions: [...(ready.conditions ?? []), drifted] };
    const nodeProxies = withReports([report, ready, ready]);
    assert.equal(conditionOf({ nodeProxies }, "Ready")?.status, "True");
    assert.equal(conditionOf({ nodeProxies }, "Degraded")?.reason, "NodesDrifted");
    assert.equal(statusOf({ nodeProxies }).nodes?.drifted, 1);
  });

  it("is Degraded, but Ready, when some Services are not served as asked, and says where", () => {
    const nodeProxies = withReports([degraded, ready, degraded]);
    assert.equal(conditionOf({ nodeProxies }, "Ready")?.status, "True");
    assert.deepEqual(conditionOf({ nodeProxies }, "Degraded"), {
      status: "True",
      reason: "NodesDegraded",
      message:
        "not all Services are served as asked on node-1, node-3 (kubectl describe nodeproxy); " +
        "node-1: Not served as specified: shop/web; node-3: Not served as specified: shop/web",
    });
    assert.equal(statusOf({ nodeProxies }).nodes?.degraded, 2);
  });

  it("quotes a few of many degraded nodes, and each of them briefly", () => {
    const many = makeNodes(500);
    const status = withDegraded("x".repeat(10_000));
    const nodeProxies = many.map((node) => makeNodeProxy(node, config, { status }));
    const condition = conditionOf({ nodes: many, nodeProxies }, "Degraded");
    assert.match(condition?.message ?? "", /and 497 more/);
    assert.ok((condition?.message.length ?? 0) < 2_000);
  });

  it("lists ten failing nodes, the worst first, then those that fail longest", () => {
    const many = makeNodes(14);
    const nodeProxies = many.map((node, index) =>
      makeNodeProxy(node, config, {
        status: {
          ...failed,
          conditions: [
            readyCondition("False", index === 13 ? "ModeUnsupported" : "SyncFailed", "", secondsAgo(index)),
          ],
        },
      }),
    );
    const names = statusOf({ nodes: many, nodeProxies }).failing?.map(({ node }) => node);
    assert.equal(names?.length, 10);
    assert.deepEqual(names?.slice(0, 3), ["node-14", "node-13", "node-12"]);
  });

  it("keeps to what the schema takes, however much an agent has to say", () => {
    const longest = "😀".repeat(32_768);
    const talkative = readyStatus(revision, { conditions: [readyCondition("False", "SyncFailed", longest)] });
    const status = statusOf({ nodeProxies: withReports([ready, talkative, ready]) });
    for (const { message } of status.conditions ?? []) {
      assert.ok(Array.from(message).length <= 32_768);
      assert.ok(message.isWellFormed());
    }
    for (const { message } of status.failing ?? []) {
      assert.ok(Array.from(message).length <= 1024);
      assert.ok(message.isWellFormed());
    }
  });

  it("keeps the time of the last transition while a status stays", () => {
    const first = statusOf({});
    const later = planCluster(
      makeView({
        proxyConfigs: [{ ...config, status: first }],
        nodes,
        nodeProxies: withReports([ready]),
        nowMs: nowMs + 5000,
      }),
    );
    const condition = findCondition(later.statuses[0]?.status.conditions ?? [], "Ready");
    assert.equal(condition?.lastTransitionTime, nowIso);
    assert.match(condition?.message ?? "", /^1 of 3/);
  });

  it("is not written when it says the same", () => {
    const nodeProxies = withReports([ready, ready, ready]);
    const settled = { ...config, status: statusOf({ nodeProxies }) };
    assert.deepEqual(plan({ proxyConfigs: [settled], nodeProxies }).statuses, []);
  });

  it("keeps the revisions that were current and good until the new one is everywhere", () => {
    const nodeProxies = withReports([ready, ready, ready]);
    const good = { ...config, status: statusOf({ nodeProxies }) };
    const changed = { ...good, spec: { ...good.spec, masqueradeAll: true } };
    const next = settingsOf(changed).revision;
    const during = statusOf({ proxyConfigs: [changed], nodeProxies });
    assert.deepEqual(
      [during.currentRevision, during.updateRevision, during.lastGoodRevision],
      [revision, next, revision],
    );
    const done = statusOf({
      proxyConfigs: [{ ...changed, status: during }],
      nodeProxies: withReports(
        Array.from({ length: 3 }, () => readyStatus(next)),
        changed,
      ),
    });
    assert.deepEqual([done.currentRevision, done.updateRevision, done.lastGoodRevision], [next, next, next]);
  });
});

describe("planCluster: silent agents", () => {
  const nodeProxies = withReports([ready, ready, ready]);
  const silent = new Map([["node-2", { unchangedMs: agentSilenceMs, seenChanging: true }]]);
  const failingIn = (view: Partial<ClusterView>) => statusOf(view).failing?.map(({ node }) => node);
  const known = { ...config, status: statusOf({ nodeProxies, heartbeats: silent }) };

  it("are those whose heartbeat the operator has seen unchanged for too long", () => {
    assert.deepEqual(failingIn({ nodeProxies, heartbeats: silent }), ["node-2"]);
  });

  it("stay silent for an operator that has just begun to watch, and are no news then", () => {
    assert.deepEqual(plan({ proxyConfigs: [known], nodeProxies }).statuses, []);
  });

  it("stay silent when another ProxyConfig gets the node", () => {
    const other = makeProxyConfig({ name: "other", spec: { priority: 1 } });
    const change = plan({ proxyConfigs: [known, other], nodeProxies }).statuses.find(
      ({ proxyConfig }) => proxyConfig.metadata.name === "other",
    );
    assert.deepEqual(
      change?.status.failing?.map(({ node }) => node),
      ["node-2"],
    );
  });

  it("are back when their heartbeat changes", () => {
    const heartbeats = new Map([["node-2", { unchangedMs: 0, seenChanging: true }]]);
    assert.deepEqual(failingIn({ proxyConfigs: [known], nodeProxies, heartbeats }), []);
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

/** Those of the last of several looks at the cluster, each with the status that the one before it left. */
function lastEvents(...looks: readonly Partial<ClusterView>[]) {
  const start: { config: ProxyConfig; events: readonly PlannedEvent[] } = { config, events: [] };
  return looks.reduce((last, look) => {
    const [change] = plan({ ...look, proxyConfigs: [last.config] }).statuses;
    return change === undefined
      ? { ...last, events: [] }
      : { config: { ...config, status: change.status }, events: change.events };
  }, start).events;
}
const reasons = (events: readonly { readonly reason: string }[]) => events.map(({ reason }) => reason);

/** The nodes, the first of them with the label pool=edge. */
function inEdgePool(count: number) {
  return nodes.map((node, index) => (index < count ? { ...node, labels: { pool: "edge" } } : node));
}

describe("planCluster: events", () => {
  const allReady = { nodeProxies: withReports([ready, ready, ready]) };

  it("tells the start of a rollout once", () => {
    assert.deepEqual(reasons(plan({}).statuses.flatMap(({ events }) => events)), ["RolloutStarted"]);
    assert.deepEqual(reasons(lastEvents({}, { nodeProxies: withReports([ready]) })), []);
  });

  it("tells the end of a rollout once", () => {
    assert.deepEqual(reasons(lastEvents({}, allReady)), ["RolloutFinished"]);
    const oneLess = { nodes: nodes.slice(1), nodeProxies: allReady.nodeProxies.slice(1) };
    assert.deepEqual(reasons(lastEvents(allReady, oneLess)), []);
  });

  it("counts one node in the singular", () => {
    const view = { nodes: nodes.slice(0, 1), nodeProxies: withReports([ready]).slice(0, 1) };
    assert.deepEqual(
      lastEvents(view).map(({ message }) => message),
      [`rollout of ${revision} to 1 node has started`, `1 node runs ${revision}`],
    );
    assert.equal(conditionOf(view, "Ready")?.message, `1 of 1 node ready with ${revision}`);
    const paused = makeProxyConfig({ spec: { mode: "ipvs", rollout: { paused: true } } });
    assert.match(
      conditionOf({ ...view, proxyConfigs: [paused] }, "Progressing")?.message ?? "",
      /holds 1 of 1 node at its previous settings/,
    );
  });

  it("tells nothing of a rollout without nodes, and its start when the first one comes", () => {
    assert.deepEqual(plan({ nodes: [] }).statuses[0]?.events, []);
    assert.deepEqual(reasons(lastEvents({ nodes: [] }, {})), ["RolloutStarted"]);
  });

  it("tells a node that fails and its recovery", () => {
    const oneFails = { nodeProxies: withReports([ready, failed, ready]) };
    assert.deepEqual(lastEvents(allReady, oneFails), [
      { type: "Warning", reason: "NodeFailed", message: "node-2 SyncFailed: nft refused the transaction" },
    ]);
    assert.deepEqual(lastEvents(allReady, oneFails, allReady), [
      { type: "Normal", reason: "NodeRecovered", message: "node-2 is ready again" },
    ]);
  });

  it("tells that a silent agent is back, though its node is not ready yet", () => {
    const silent = {
      ...allReady,
      heartbeats: new Map([["node-2", { unchangedMs: 180_000, seenChanging: true }]]),
    };
    const back = readyStatus(revision, { conditions: [readyCondition("False", "Waiting", "for its lists")] });
    const started = {
      nodeProxies: withReports([ready, back, ready]),
      heartbeats: new Map([["node-2", { unchangedMs: 0, seenChanging: true }]]),
    };
    assert.deepEqual(reasons(lastEvents(allReady, silent)), ["NodeFailed"]);
    assert.deepEqual(lastEvents(allReady, silent, started), [
      { type: "Normal", reason: "NodeRecovered", message: "the agent of node-2 reports again" },
    ]);
    assert.deepEqual(lastEvents(allReady, silent, started, allReady), []);
  });

  it("tells once that Services are not served as asked, until all are again", () => {
    const one = { nodeProxies: withReports([ready, degraded, ready]) };
    const two = { nodeProxies: withReports([degraded, degraded, ready]) };
    assert.deepEqual(lastEvents(allReady, one), [
      {
        type: "Warning",
        reason: "NodesDegraded",
        message:
          "not all Services are served as asked on node-2 (kubectl describe nodeproxy); " +
          "node-2: Not served as specified: shop/web",
      },
    ]);
    assert.deepEqual(lastEvents(allReady, one, two), []);
    assert.deepEqual(reasons(lastEvents(allReady, one, allReady, two)), ["NodesDegraded"]);
  });

  it("tells no failure of a node that failed under the ProxyConfig it comes from", () => {
    const before = makeProxyConfig({ name: "before", spec: { mode: "ipvs" } });
    const unsupported = readyStatus("rev-old", {
      conditions: [{ ...readyCondition("False", "ModeUnsupported"), observedGeneration: 1 }],
    });
    const given = withReports([unsupported], before).slice(0, 1);
    assert.deepEqual(reasons(lastEvents({ nodeProxies: given })), ["RolloutStarted"]);
    const taken = makeNodeProxy(makeNode("node-1"), config, {
      status: unsupported,
      metadata: { generation: 2 },
    });
    assert.deepEqual(reasons(lastEvents({ nodeProxies: given }, { nodeProxies: [taken] })), []);
  });

  it("tells a fallback when it begins", () => {
    const fallback = readyStatus(revision, {
      runningMode: "iptables",
      fallbackReason: "mode nftables needs nft",
    });
    const fallen = { nodeProxies: withReports([ready, ready, fallback]) };
    assert.deepEqual(reasons(lastEvents(allReady, fallen)), ["ModeFallback"]);
    const more = { nodeProxies: withReports([ready, fallback, fallback]) };
    assert.deepEqual(reasons(lastEvents(allReady, fallen, more)), []);
    assert.deepEqual(reasons(lastEvents(allReady, fallen, allReady)), []);
  });

  it("tells a node once that its ProxyConfig is gone, or selects it no longer", () => {
    const before = withReports([ready, ready, ready]).slice(0, 1);
    const told = (view: Partial<ClusterView>) =>
      [...plan({ nodeProxies: before, ...view }).nodeProxyEvents].map(
        ([node, { type, reason, message }]) => `${node} ${type} ${reason}: ${message}`,
      );
    const rest = "and no other selects this node: its settings stay in force until one does";
    assert.deepEqual(told({ proxyConfigs: [] }), [
      `node-1 Warning ConfigOrphaned: ProxyConfig default is deleted, ${rest}`,
    ]);
    const elsewhere = makeProxyConfig({ spec: { nodeSelector: { matchLabels: { pool: "edge" } } } });
    assert.deepEqual(told({ proxyConfigs: [elsewhere] }), [
      `node-1 Warning ConfigOrphaned: ProxyConfig default no longer selects it, ${rest}`,
    ]);
    const labelled = plan({ proxyConfigs: [], nodeProxies: before }).nodeProxies;
    assert.deepEqual(told({ proxyConfigs: [], nodeProxies: labelled }), []);
    assert.deepEqual(told({}), []);
  });

  it("tells a ProxyConfig that it is overridden", () => {
    const winner = makeProxyConfig({ name: "winner", spec: { priority: 5 } });
    const before = statusOf(allReady);
    const { statuses } = plan({ ...allReady, proxyConfigs: [{ ...config, status: before }, winner] });
    const loser = statuses.find(({ proxyConfig }) => proxyConfig.metadata.name === "default");
    assert.deepEqual(
      loser?.events.map(({ type, reason }) => `${type} ${reason}`),
      ["Warning ConfigOverridden"],
    );
  });

  it("tells it as nothing bad while it still has nodes, and again when the last one is gone", () => {
    const edge = { nodeSelector: { matchLabels: { pool: "edge" } } };
    const winner = makeProxyConfig({ name: "winner", spec: { priority: 5, ...edge } });
    const told = [1, 2, 3].reduce<{ readonly status: ProxyConfigStatus; readonly events: readonly string[] }>(
      ({ status, events }, count) => {
        const proxyConfigs = [{ ...config, status }, winner];
        const change = plan({ ...allReady, proxyConfigs, nodes: inEdgePool(count) }).statuses.find(
          ({ proxyConfig }) => proxyConfig.metadata.name === "default",
        );
        assert.ok(change);
        return {
          status: change.status,
          events: [...events, change.events.map(({ type, reason }) => `${type} ${reason}`).join()],
        };
      },
      { status: statusOf(allReady), events: [] },
    );
    assert.deepEqual(told.events, ["Normal ConfigOverridden", "", "Warning ConfigOverridden"]);
  });
});
