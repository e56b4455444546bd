import assert from "node:assert/strict";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { agentSilenceMs } from "../../../../operator/plan/nodes/agent-silence.ts";
import { makeProxyConfig } from "./make-cluster.ts";
import { config, plan, ready, statusOf, withReports } from "./three-nodes.ts";

function failingIn(view: Partial<ClusterView>) {
  return statusOf(view).failing?.map(({ node }) => node);
}

describe("planCluster: silent agents", () => {
  const nodeProxies = withReports([ready, ready, ready]);
  const silent = new Map([["node-2", { unchangedMs: agentSilenceMs, seenChanging: true }]]);
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
