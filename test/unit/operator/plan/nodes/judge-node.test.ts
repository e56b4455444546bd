import assert from "node:assert/strict";
import type { NodeProxy, NodeProxyStatus } from "../../../../../crds/api.ts";
import {
  agentSilenceMs,
  type HeartbeatObservation,
} from "../../../../../operator/plan/nodes/agent-silence.ts";
import { judgeNode, type NodeHealth } from "../../../../../operator/plan/nodes/judge-node.ts";
import { settingsOf } from "../../../../../crds/node-settings.ts";
import {
  makeNode,
  makeNodeProxy,
  makeProxyConfig,
  readyCondition,
  readyStatus,
  secondsAgo,
} from "../make-cluster.ts";

const config = makeProxyConfig();
const { revision } = settingsOf(config);
const older = makeProxyConfig({ spec: { mode: "iptables" } });
const olderRevision = settingsOf(older).revision;
const node = makeNode("node-1");

/** Its agent has not looked at the newest generation yet. */
function outdated(nodeProxy: NodeProxy): NodeProxy {
  const { metadata, status } = nodeProxy;
  const conditions = status?.conditions?.map((condition) => ({ ...condition, observedGeneration: 1 }));
  return {
    ...nodeProxy,
    metadata: { ...metadata, generation: 2 },
    status: { ...status, ...(conditions && { conditions }) },
  };
}

function withStatus(status: NodeProxyStatus | undefined, from = config): NodeProxy {
  return makeNodeProxy(node, from, { ...(status !== undefined && { status }) });
}

const notReady = (reason: string) => ({ conditions: [readyCondition("False", reason, "because")] });
const unchangedFor = (unchangedMs: number, seenChanging = true) => ({ unchangedMs, seenChanging });
const silent = unchangedFor(agentSilenceMs);

const rows: readonly {
  readonly name: string;
  readonly nodeProxy: NodeProxy | undefined;
  /** @default seen changing just now */
  readonly heartbeat?: HeartbeatObservation;
  /** @default false */
  readonly listedSilent?: boolean;
  /** @default the newest revision */
  readonly assigned?: string;
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
    nodeProxy: withStatus(undefined),
    heartbeat: unchangedFor(agentSilenceMs, false),
    health: "silent",
    reason: "AgentSilent",
  },
  {
    name: "a heartbeat that has not changed for too long, whatever the agent said",
    nodeProxy: withStatus(readyStatus(revision)),
    heartbeat: silent,
    health: "silent",
    reason: "AgentSilent",
    updated: true,
  },
  {
    name: "a heartbeat that has not changed for almost too long",
    nodeProxy: withStatus(readyStatus(revision)),
    heartbeat: unchangedFor(agentSilenceMs - 1),
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "a heartbeat that changes, of a node whose clock is an hour slow",
    nodeProxy: withStatus(readyStatus(revision, { heartbeatAt: secondsAgo(3600) })),
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "a heartbeat that does not change, of a node whose clock is an hour fast",
    nodeProxy: withStatus(readyStatus(revision, { heartbeatAt: secondsAgo(-3600) })),
    heartbeat: silent,
    health: "silent",
    reason: "AgentSilent",
    updated: true,
  },
  {
    name: "an old heartbeat that is seen for the first time",
    nodeProxy: withStatus(readyStatus(revision, { heartbeatAt: secondsAgo(3600) })),
    heartbeat: unchangedFor(0, false),
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "a heartbeat that is seen for the first time, of an agent that an earlier operator found silent",
    nodeProxy: withStatus(readyStatus(revision)),
    heartbeat: unchangedFor(0, false),
    listedSilent: true,
    health: "silent",
    reason: "AgentSilent",
    updated: true,
  },
  {
    name: "a heartbeat that has changed, of an agent that is still listed as silent",
    nodeProxy: withStatus(readyStatus(revision)),
    listedSilent: true,
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "the revision has taken effect and the agent is Ready",
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
    name: "a failure reported before the node was given the revision",
    nodeProxy: outdated(withStatus(readyStatus("rev-old", notReady("SyncFailed")))),
    health: "waiting",
    reason: "RevisionPending",
  },
  {
    name: "a failure reported before facts about the node changed, with the revision in effect",
    nodeProxy: outdated(withStatus(readyStatus(revision, notReady("SyncFailed")))),
    health: "waiting",
    reason: "RevisionPending",
    updated: true,
  },
  {
    name: "a mode of other settings that the node does not support, before it is given these",
    nodeProxy: withStatus(readyStatus("rev-old", notReady("ModeUnsupported")), older),
    health: "waiting",
    reason: "RevisionPending",
  },
  {
    name: "a failure with earlier settings that the node is assigned",
    nodeProxy: withStatus(readyStatus("rev-old", notReady("SyncFailed")), older),
    assigned: olderRevision,
    health: "failed",
    reason: "SyncFailed",
  },
  {
    name: "Ready with earlier settings that the node is assigned",
    nodeProxy: withStatus(readyStatus(olderRevision), older),
    assigned: olderRevision,
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "Ready with the newest settings where the node is assigned earlier ones",
    nodeProxy: withStatus(readyStatus(revision)),
    assigned: olderRevision,
    health: "waiting",
    reason: "RevisionPending",
  },
  {
    name: "Ready with the revision, before facts about the node changed",
    nodeProxy: outdated(withStatus(readyStatus(revision))),
    health: "ready",
    reason: "Synced",
    updated: true,
  },
  {
    name: "the agent is applying the revision",
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
  for (const row of rows) {
    const { name, nodeProxy, heartbeat = unchangedFor(0) } = row;
    const { listedSilent = false, assigned = revision, updated = false } = row;
    it(name, () => {
      const held = assigned !== revision;
      const verdict = judgeNode("node-1", nodeProxy, { revision: assigned, held, heartbeat, listedSilent });
      assert.deepEqual([verdict.health, verdict.reason, verdict.updated], [row.health, row.reason, updated]);
    });
  }

  it("reports a fallback only of the newest revision, once it has taken effect", () => {
    const fallback = { runningMode: "iptables", fallbackReason: "nft is missing" } as const;
    const reasonAt = (observed: string, held = false) => {
      const expected = { revision, heartbeat: unchangedFor(0), listedSilent: false, held };
      return judgeNode("node-1", withStatus(readyStatus(observed, fallback)), expected).fallbackReason;
    };
    assert.equal(reasonAt(revision), "nft is missing");
    assert.equal(reasonAt("rev-old"), undefined);
    assert.equal(reasonAt(revision, true), undefined);
  });
});
