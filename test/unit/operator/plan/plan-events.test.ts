import assert from "node:assert/strict";
import type { ProxyConfig, ProxyConfigStatus } from "../../../../crds/api.ts";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import type { PlannedEvent } from "../../../../operator/plan/status/plan-events.ts";
import { makeNode, makeNodeProxy, makeProxyConfig, readyCondition, readyStatus } from "./make-cluster.ts";
import {
  conditionOf,
  config,
  degraded,
  failed,
  nodes,
  plan,
  ready,
  revision,
  statusOf,
  written,
  withReports,
} from "./three-nodes.ts";

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

  it("reports the start of a rollout once", () => {
    assert.deepEqual(reasons(plan({}).statuses.flatMap(({ events }) => events)), ["RolloutStarted"]);
    assert.deepEqual(reasons(lastEvents({}, { nodeProxies: withReports([ready]) })), []);
  });

  it("reports the end of a rollout once", () => {
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

  it("reports nothing of a rollout without nodes, and its start when the first one comes", () => {
    assert.deepEqual(plan({ nodes: [] }).statuses[0]?.events, []);
    assert.deepEqual(reasons(lastEvents({ nodes: [] }, {})), ["RolloutStarted"]);
  });

  it("reports a node that fails and its recovery", () => {
    const oneFails = { nodeProxies: withReports([ready, failed, ready]) };
    assert.deepEqual(lastEvents(allReady, oneFails), [
      { type: "Warning", reason: "NodeFailed", message: "node-2 SyncFailed: nft refused the transaction" },
    ]);
    assert.deepEqual(lastEvents(allReady, oneFails, allReady), [
      { type: "Normal", reason: "NodeRecovered", message: "node-2 is ready again" },
    ]);
  });

  it("reports that a silent agent is back, though its node is not ready yet", () => {
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
      { type: "Normal", reason: "NodeRecovered", message: "the agent of node-2 is reporting again" },
    ]);
    assert.deepEqual(lastEvents(allReady, silent, started, allReady), []);
  });

  it("reports once that Services are not served as specified, until all are again", () => {
    const one = { nodeProxies: withReports([ready, degraded, ready]) };
    const two = { nodeProxies: withReports([degraded, degraded, ready]) };
    assert.deepEqual(lastEvents(allReady, one), [
      {
        type: "Warning",
        reason: "NodesDegraded",
        message:
          "some Services are not served as specified on node-2 (kubectl describe nodeproxy); " +
          "node-2: Not served as specified: shop/web",
      },
    ]);
    assert.deepEqual(lastEvents(allReady, one, two), []);
    assert.deepEqual(reasons(lastEvents(allReady, one, allReady, two)), ["NodesDegraded"]);
  });

  it("reports no failure of a node that failed under the ProxyConfig it comes from", () => {
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

  it("reports a fallback when it begins", () => {
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

  it("reports once on a node that its ProxyConfig is gone, or no longer selects it", () => {
    const before = withReports([ready, ready, ready]).slice(0, 1);
    const reported = (view: Partial<ClusterView>) =>
      plan({ nodeProxies: before, ...view }).nodeProxies.flatMap(({ nodeProxy, events }) =>
        events.map(({ type, reason, message }) => `${nodeProxy.metadata.name} ${type} ${reason}: ${message}`),
      );
    const rest = "and no other selects it: the node keeps its current settings until one does";
    assert.deepEqual(reported({ proxyConfigs: [] }), [
      `node-1 Warning ConfigOrphaned: ProxyConfig default is deleted ${rest}`,
    ]);
    const elsewhere = makeProxyConfig({ spec: { nodeSelector: { matchLabels: { pool: "edge" } } } });
    assert.deepEqual(reported({ proxyConfigs: [elsewhere] }), [
      `node-1 Warning ConfigOrphaned: ProxyConfig default no longer selects this node ${rest}`,
    ]);
    const labelled = written({ proxyConfigs: [], nodeProxies: before });
    assert.deepEqual(reported({ proxyConfigs: [], nodeProxies: labelled }), []);
    assert.deepEqual(reported({}), []);
  });

  it("reports a ProxyConfig that is overridden", () => {
    const winner = makeProxyConfig({ name: "winner", spec: { priority: 5 } });
    const before = statusOf(allReady);
    const { statuses } = plan({ ...allReady, proxyConfigs: [{ ...config, status: before }, winner] });
    const loser = statuses.find(({ proxyConfig }) => proxyConfig.metadata.name === "default");
    assert.deepEqual(
      loser?.events.map(({ type, reason }) => `${type} ${reason}`),
      ["Warning ConfigOverridden"],
    );
  });

  it("reports it as Normal while it still has nodes, and as a Warning when the last one is gone", () => {
    const edge = { nodeSelector: { matchLabels: { pool: "edge" } } };
    const winner = makeProxyConfig({ name: "winner", spec: { priority: 5, ...edge } });
    const reported = [1, 2, 3].reduce<{
      readonly status: ProxyConfigStatus;
      readonly events: readonly string[];
    }>(
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
    assert.deepEqual(reported.events, ["Normal ConfigOverridden", "", "Warning ConfigOverridden"]);
  });
});
