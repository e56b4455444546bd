import type { Condition, NodeProxy, ProxyMode } from "../../../crds/api.ts";
import { conditionTypes, nodeReadyReasons } from "../../../crds/condition-types.ts";
import { findCondition } from "../../../platform/kube/conditions.ts";
import { agentSilent, isSilent, type HeartbeatObservation } from "./agent-silence.ts";

/**
 * - `ready`: the agent has the revision in force and reports Ready.
 * - `waiting`: on its way there; nothing is wrong so far.
 * - `silent`: the agent has not reported for too long.
 * - `failed`: the agent reports that it is not Ready.
 * - `unsupported`: the node lacks what every allowed mode needs.
 */
export type NodeHealth = "ready" | "waiting" | "silent" | "failed" | "unsupported";

/** What one NodeProxy says about its node, measured against the revision the node should run. */
export interface NodeVerdict {
  readonly node: string;
  readonly health: NodeHealth;
  /** CamelCase, as in a condition. */
  readonly reason: string;
  readonly message: string;
  /** Since when, RFC 3339, where known. */
  readonly since: string | undefined;
  /** Revision the operator has assigned; undefined without a NodeProxy. */
  readonly assignedRevision: string | undefined;
  /** The revision the node should run is in force there. */
  readonly updated: boolean;
  readonly drifted: boolean;
  /** What its agent says about Services that it does not serve as asked; undefined when there are none. */
  readonly degraded: string | undefined;
  readonly runningMode: ProxyMode | undefined;
  /** Why an updated node does not run the mode that was asked for. */
  readonly fallbackReason: string | undefined;
}

/** What a node is measured against, besides its NodeProxy. */
export interface NodeFacts {
  /** The revision the node should run. */
  readonly revision: string;
  readonly heartbeat: HeartbeatObservation;
  /** Some ProxyConfig lists the node as silent. */
  readonly listedSilent: boolean;
  /** The node keeps other settings than those of the revision, so it is judged by how it does with them. */
  readonly paused: boolean;
}

type Finding = Pick<NodeVerdict, "health" | "reason" | "message"> & { readonly since?: string | undefined };

/** Judges a node by its NodeProxy as it is now, which may not exist yet. */
export function judgeNode(node: string, nodeProxy: NodeProxy | undefined, facts: NodeFacts): NodeVerdict {
  const { revision } = facts;
  const { status } = nodeProxy ?? {};
  const assignedRevision = nodeProxy?.spec.revision;
  const updated = assignedRevision === revision && status?.observedRevision === revision;
  const degraded = conditionOf(nodeProxy, conditionTypes.degraded);
  const { since, ...finding } = findHealth(nodeProxy, facts, updated);
  return {
    node,
    ...finding,
    since,
    assignedRevision,
    updated,
    drifted: conditionOf(nodeProxy, conditionTypes.drifted)?.status === "True",
    degraded: degraded?.status === "True" ? degraded.message : undefined,
    runningMode: status?.runningMode,
    fallbackReason: updated ? status.fallbackReason : undefined,
  };
}

function findHealth(nodeProxy: NodeProxy | undefined, facts: NodeFacts, updated: boolean): Finding {
  if (nodeProxy === undefined) {
    return { health: "waiting", reason: "NodeProxyMissing", message: "its NodeProxy is being written" };
  }
  if (isSilent(facts.heartbeat, facts)) return explainSilence(nodeProxy);
  if (nodeProxy.status?.heartbeatAt === undefined) {
    return { health: "waiting", reason: "WaitingForAgent", message: "its agent has not reported yet" };
  }
  const ready = conditionOf(nodeProxy, conditionTypes.ready);
  return findReported(nodeProxy, { facts, updated, ready });
}

/** `since` is of the node's own clock: it stays the same whoever observes, and tells people where to look in its log. */
function explainSilence({ metadata, status }: NodeProxy): Finding {
  const message =
    status?.heartbeatAt === undefined
      ? "its agent has never reported; check that the agent's pod runs on the node"
      : `its agent has not reported since ${status.heartbeatAt} by the node's clock; check the agent's pod on the node`;
  const since = status?.heartbeatAt ?? metadata.creationTimestamp;
  return { health: "silent", reason: agentSilent, message, since };
}

function findReported(
  nodeProxy: NodeProxy,
  {
    facts,
    updated,
    ready,
  }: { readonly facts: NodeFacts; readonly updated: boolean; readonly ready: Condition | undefined },
): Finding {
  const isFailure = ready?.status === "False" && !isTransitional(ready);
  if (isFailure && isAboutGiven(ready, nodeProxy, facts)) {
    return {
      health: ready.reason === nodeReadyReasons.modeUnsupported ? "unsupported" : "failed",
      reason: ready.reason,
      message: ready.message,
      since: ready.lastTransitionTime,
    };
  }
  if (!updated || isFailure) return explainPending(nodeProxy, facts);
  if (ready?.status === "True") {
    return { health: "ready", reason: ready.reason, message: ready.message, since: ready.lastTransitionTime };
  }
  return {
    health: "waiting",
    reason: ready?.reason ?? "WaitingForAgent",
    message: ready?.message ?? "its agent has not reported whether it is Ready",
  };
}

/** A failure with other settings, or before the agent saw the newest ones, says nothing about these. */
function isAboutGiven(
  { observedGeneration }: Condition,
  { metadata: { generation }, spec }: NodeProxy,
  { revision, paused }: NodeFacts,
): boolean {
  const isOutdated =
    observedGeneration !== undefined && generation !== undefined && observedGeneration < generation;
  return !isOutdated && (paused || spec.revision === revision);
}

function explainPending({ spec, status }: NodeProxy, { revision }: NodeFacts): Finding {
  const runs = status?.observedRevision ?? "nothing yet";
  const what = runs === revision ? "the newest facts about the node" : revision;
  const message =
    spec.revision === revision
      ? `it runs ${runs}, and its agent is bringing ${what} into force`
      : `it runs ${runs}, and ${revision} has not been given to it`;
  return { health: "waiting", reason: "RevisionPending", message };
}

/** The agent is on its way: it waits for its first lists, or brings a revision into force. */
function isTransitional({ reason }: Condition): boolean {
  return reason === nodeReadyReasons.waiting || reason === nodeReadyReasons.syncing;
}

function conditionOf(nodeProxy: NodeProxy | undefined, type: string): Condition | undefined {
  return findCondition(nodeProxy?.status?.conditions ?? [], type);
}
