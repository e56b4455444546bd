import type { ProxyConfigStatus } from "../../../../../crds/api.ts";
import type { NodeVerdict } from "../../../../../operator/plan/nodes/judge-node.ts";
import type { Assignment } from "../../../../../operator/plan/rollout/assign.ts";
import type { RolloutPhase } from "../../../../../operator/plan/rollout/rollout-state.ts";
import { secondsAgo } from "../make-cluster.ts";

/** The revision that the rollouts of these tests bring to the nodes. */
export const revision = "rev-new";

/** Of a node on its way to what it is assigned. */
export function verdict(node: string, changes: Partial<NodeVerdict> = {}): NodeVerdict {
  return {
    node,
    health: "waiting",
    reason: "RevisionPending",
    message: "",
    since: undefined,
    held: false,
    updated: false,
    drifted: false,
    degraded: undefined,
    runningMode: undefined,
    fallbackReason: undefined,
    ...changes,
  };
}

/** Of a node that serves with what it is assigned. */
export function ready(node: string, readySecondsAgo = 0): NodeVerdict {
  return verdict(node, { health: "ready", updated: true, since: secondsAgo(readySecondsAgo) });
}

/** What the verdicts are about, where nodes that are held keep rev-old. */
export function assignmentOf(
  verdicts: readonly NodeVerdict[],
  holdReason?: Assignment["holdReason"],
): Assignment {
  const target = { configName: "default", revision };
  const old = { ...target, revision: "rev-old" };
  return {
    target,
    revisions: new Map(verdicts.map(({ node, held }) => [node, held ? old : target])),
    held: new Set(verdicts.filter(({ held }) => held).map(({ node }) => node)),
    holdReason,
  };
}

/** A status in which the rollout of the revision began `ago` seconds ago, and its step `stepAgo` seconds. */
export function underWay(
  ago: number,
  { phase = "Updating", stepAgo = ago }: { readonly phase?: RolloutPhase; readonly stepAgo?: number } = {},
): ProxyConfigStatus {
  const times = { startedAt: secondsAgo(ago), stepStartedAt: secondsAgo(stepAgo) };
  return {
    updateRevision: revision,
    rollout: { stage: "", phase, from: "rev-old", to: revision, step: 1, ...times },
  };
}
