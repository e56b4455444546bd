import assert from "node:assert/strict";
import type { NodeProxy, NodeProxyStatus } from "../../../../crds/api.ts";
import { agentSilenceMs, judgeNode, type NodeHealth } from "../../../../operator/plan/judge-node.ts";
import { settingsOf } from "../../../../operator/plan/resolve-node-proxy.ts";
import {
  makeNode,
  makeNodeProxy,
  makeProxyConfig,
  nowIso,
  nowMs,
  readyCondition,
  readyStatus,
  secondsAgo,
} from "./make-cluster.ts";

const config = makeProxyConfig();
const { revision } = settingsOf(config);
const older = makeProxyConfig({ spec: { mode: "iptables" } });
const node = makeNode("node-1");

function withStatus(
  status: NodeProxyStatus | undefined,
  from = config,
  creationTimestamp = nowIso,
): NodeProxy {
  return makeNodeProxy(node, from, {
    metadata: { creationTimestamp },
    ...(status !== undefined && { status }),
  });
}

const notReady = (reason: string) => ({ conditions: [readyCondition("False", reason, "because")] });
const silent = secondsAgo(agentSilenceMs / 1000);

const rows: readonly {
  readonly name: string;
  readonly nodeProxy: NodeProxy | undefined;
  readonly health: NodeHealth;
  readonly reason: string;
  readonly updated?: boolean;
}[] = [
  { name: "no NodeProxy yet", nodeProxy: undefined, health: "waiting", reason: "NodeProxyMissing" },
  {
    name: "an agent that has not reported yet",
    nodeProxy: withStatus(undefined),
    health: "waiting",
    reason: "WaitingForAgent",
  },
  {
    name: "an agent that has never reported for long",
    nodeProxy: withStatus(undefined, config, silent),
    health: "silent",
    reason: "AgentSilent",
  },
  {
    name: "a heartbeat that is too old, whatever the agent said",
    nodeProxy: withStatus(readyStatus(revision, { heartbeatAt: silent })),
    health: "silent",
    reason: "AgentSilent",
    updated: true,
  },
  {
    name: "a heartbeat that is almost too old",
    nodeProxy: withStatus(readyStatus(revision, { heartbeatAt: secondsAgo(agentSilenceMs / 1000 - 1) })),
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "the revision is in force and Ready",
    nodeProxy: withStatus(readyStatus(revision)),
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "Ready with another revision than the assigned one",
    nodeProxy: withStatus(readyStatus("rev-old")),
    health: "waiting",
    reason: "RevisionPending",
  },
  {
    name: "Ready with the assigned revision, which is not the newest",
    nodeProxy: withStatus(readyStatus(settingsOf(older).revision), older),
    health: "waiting",
    reason: "RevisionPending",
  },
  {
    name: "the agent reports a failure",
    nodeProxy: withStatus(readyStatus(revision, notReady("SyncFailed"))),
    health: "failed",
    reason: "SyncFailed",
    updated: true,
  },
  {
    name: "a failure with the revision before counts as well",
    nodeProxy: withStatus(readyStatus("rev-old", notReady("SyncFailed"))),
    health: "failed",
    reason: "SyncFailed",
  },
  {
    name: "the node supports no allowed mode",
    nodeProxy: withStatus(readyStatus("rev-old", notReady("ModeUnsupported"))),
    health: "unsupported",
    reason: "ModeUnsupported",
  },
  {
    name: "the agent is bringing the revision into force",
    nodeProxy: withStatus(readyStatus("rev-old", notReady("Syncing"))),
    health: "waiting",
    reason: "RevisionPending",
  },
  {
    name: "the agent has started again and waits for its lists",
    nodeProxy: withStatus(readyStatus(revision, notReady("Waiting"))),
    health: "waiting",
    reason: "Waiting",
    updated: true,
  },
  {
    name: "no Ready condition",
    nodeProxy: withStatus(readyStatus(revision, { conditions: [] })),
    health: "waiting",
    reason: "WaitingForAgent",
    updated: true,
  },
];

describe("judgeNode", () => {
  for (const { name, nodeProxy, health, reason, updated = false } of rows) {
    it(name, () => {
      const verdict = judgeNode("node-1", nodeProxy, { revision, nowMs });
      assert.deepEqual([verdict.health, verdict.reason, verdict.updated], [health, reason, updated]);
    });
  }

  it("says when the agent counts as silent if nothing is heard", () => {
    const verdict = judgeNode("node-1", withStatus(readyStatus(revision)), { revision, nowMs });
    assert.equal(verdict.expiresAtMs, nowMs + agentSilenceMs);
  });

  it("does not expire once the agent is silent", () => {
    const nodeProxy = withStatus(readyStatus(revision, { heartbeatAt: silent }));
    assert.equal(judgeNode("node-1", nodeProxy, { revision, nowMs }).expiresAtMs, undefined);
  });

  it("takes a fallback for one only when the newest revision is in force", () => {
    const fallback = { runningMode: "iptables", fallbackReason: "nft is missing" } as const;
    const reasonAt = (observed: string) =>
      judgeNode("node-1", withStatus(readyStatus(observed, fallback)), { revision, nowMs }).fallbackReason;
    assert.equal(reasonAt(revision), "nft is missing");
    assert.equal(reasonAt("rev-old"), undefined);
  });
});
