import type { Condition, NodeProxy, ProxyMode } from "../../../crds/api.ts";
import { conditionTypes, nodeReadyReasons } from "../../../crds/condition-types.ts";
import { findCondition } from "../../../platform/kube/conditions.ts";
import { agentSilent, isSilent, type HeartbeatObservation } from "./agent-silence.ts";

/**
 * - `ready`: the assigned revision has taken effect, and the agent reports Ready.
 * - `waiting`: on its way there; nothing is wrong so far.
 * - `silent`: the agent has not reported for too long.
 * - `failed`: the agent reports that it is not Ready.
 * - `unsupported`: the node lacks what every allowed mode needs.
 */
export type NodeHealth = "ready" | "waiting" | "silent" | "failed" | "unsupported";

/** What one NodeProxy says about its node, compared with the revision that the node is assigned. */
export interface NodeVerdict {
  readonly node: string;
  readonly health: NodeHealth;
  /** CamelCase, as in a condition. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; undefined where unknown. */
  readonly since: string | undefined;
  /** It is assigned an earlier revision than the one its ProxyConfig asks for. */
  readonly held: boolean;
  /** The assigned revision has taken effect. */
  readonly updated: boolean;
  readonly drifted: boolean;
  /** What its agent reports about Services that it does not serve as specified; undefined when there are none. */
  readonly degraded: string | undefined;
  readonly runningMode: ProxyMode | undefined;
  /** Why a node that runs the newest settings does not run their mode. */
  readonly fallbackReason: string | undefined;
}

/** What a node is judged by, besides its NodeProxy. */
export interface Expectation {
  /** The revision that the node is assigned. */
  readonly revision: string;
  readonly held: boolean;
  readonly heartbeat: HeartbeatObservation;
  /** Some ProxyConfig lists the node as silent. */
  readonly listedSilent: boolean;
}

/** Whether the node serves with the settings that its ProxyConfig asks for. */
export function isReady({ health, held }: NodeVerdict): boolean {
  return health === "ready" && !held;
}

type Finding = Pick<NodeVerdict, "health" | "reason" | "message"> & { readonly since?: string | undefined };

/** Judges a node by its NodeProxy as it is now, which may not exist yet. */
export function judgeNode(
  node: string,
  nodeProxy: NodeProxy | undefined,
  expected: Expectation,
): NodeVerdict {
  const { revision, held } = expected;
  const { status } = nodeProxy ?? {};
  const updated = nodeProxy?.spec.revision === revision && status?.observedRevision === revision;
  const degraded = conditionOf(nodeProxy, conditionTypes.degraded);
  const { since, ...finding } = findHealth(nodeProxy, expected, updated);
  return {
    node,
    ...finding,
    since,
    held,
    updated,
    drifted: conditionOf(nodeProxy, conditionTypes.drifted)?.status === "True",
    degraded: degraded?.status === "True" ? degraded.message : undefined,
    runningMode: status?.runningMode,
    fallbackReason: updated && !held ? status.fallbackReason : undefined,
  };
}

function findHealth(nodeProxy: NodeProxy | undefined, expected: Expectation, updated: boolean): Finding {
  if (nodeProxy === undefined) {
    return { health: "waiting", reason: "NodeProxyMissing", message: "its NodeProxy is being written" };
  }
  if (isSilent(expected.heartbeat, expected)) return explainSilence(nodeProxy);
  if (nodeProxy.status?.heartbeatAt === undefined) {
    return { health: "waiting", reason: "WaitingForAgent", message: "its agent has not reported yet" };
  }
  const ready = conditionOf(nodeProxy, conditionTypes.ready);
  return findReported(nodeProxy, { expected, updated, ready });
}

/** `since` is of the node's own clock: it is the same for every operator, and shows people where to look in its log. */
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
    expected,
    updated,
    ready,
  }: { readonly expected: Expectation; readonly updated: boolean; readonly ready: Condition | undefined },
): Finding {
  const isFailure = ready?.status === "False" && !isTransitional(ready);
  if (isFailure && isAboutGiven(ready, nodeProxy, expected)) {
    return {
      health: ready.reason === nodeReadyReasons.modeUnsupported ? "unsupported" : "failed",
      reason: ready.reason,
      message: ready.message,
      since: ready.lastTransitionTime,
    };
  }
  if (!updated || isFailure) return explainPending(nodeProxy, expected);
  if (ready?.status === "True") {
    return { health: "ready", reason: ready.reason, message: ready.message, since: ready.lastTransitionTime };
  }
  return {
    health: "waiting",
    reason: ready?.reason ?? "WaitingForAgent",
    message: ready?.message ?? "its agent has not reported whether it is Ready",
  };
}

/** Ignores a failure with other settings, or before the agent saw the assigned ones. */
function isAboutGiven(
  { observedGeneration }: Condition,
  { metadata: { generation }, spec }: NodeProxy,
  { revision }: Expectation,
): boolean {
  const isOutdated =
    observedGeneration !== undefined && generation !== undefined && observedGeneration < generation;
  return !isOutdated && spec.revision === revision;
}

function explainPending({ spec, status }: NodeProxy, { revision }: Expectation): Finding {
  const runs = status?.observedRevision ?? "nothing yet";
  const what = runs === revision ? "the newest facts about the node" : revision;
  const message =
    spec.revision === revision
      ? `it runs ${runs}, and its agent is applying ${what}`
      : `it runs ${runs}, and ${revision} has not been written to its NodeProxy yet`;
  return { health: "waiting", reason: "RevisionPending", message };
}

/** The agent is on its way: it waits for its first lists, or applies a revision. */
function isTransitional({ reason }: Condition): boolean {
  return reason === nodeReadyReasons.waiting || reason === nodeReadyReasons.syncing;
}

function conditionOf(nodeProxy: NodeProxy | undefined, type: string): Condition | undefined {
  return findCondition(nodeProxy?.status?.conditions ?? [], type);
}
