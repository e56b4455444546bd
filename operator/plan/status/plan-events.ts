import type { Condition, ProxyConfigStatus } from "../../../crds/api.ts";
import { findCondition } from "../../../platform/kube/conditions.ts";
import { agentSilent } from "../nodes/agent-silence.ts";
import type { RolloutPlan } from "../rollout/plan-rollout.ts";
import { previousState } from "../rollout/rollout-state.ts";
import type { ConfigFacts } from "../config-facts.ts";
import { configConditionTypes, revisionNotStored, type OperatorEventReason } from "./condition-names.ts";
import { explainDegraded } from "./explain-nodes.ts";
import { countNodes } from "./name-nodes.ts";
import { longestFailingList } from "./rank-failing.ts";

/** Something that happened to a ProxyConfig or NodeProxy, to be reported as an Event. */
export interface PlannedEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: OperatorEventReason;
  readonly message: string;
}

/** The stored status and the one that follows it. */
interface Statuses {
  readonly previous: ProxyConfigStatus | undefined;
  readonly next: ProxyConfigStatus;
}

/**
 * What happened between the status that is stored and the one that follows it. Needs no separate memory; a crash
 * between the two writes loses an Event or repeats it.
 */
export function planEvents(facts: ConfigFacts, next: ProxyConfigStatus): readonly PlannedEvent[] {
  const previous = facts.proxyConfig.status;
  return [
    ...rolloutEvents(facts, previous),
    ...failingEvents(previous, next),
    ...recoveredEvents(facts, previous),
    ...degradedEvents(facts, { previous, next }),
    ...modeFallbackEvents({ previous, next }),
    ...overriddenEvents({ previous, next }),
  ];
}

function rolloutEvents(
  { proxyConfig, revision, verdicts, rollout }: ConfigFacts,
  previous: ProxyConfigStatus | undefined,
): readonly PlannedEvent[] {
  if (verdicts.length === 0) return [];
  if (rollout.state.phase === "Blocked") return blockedEvents(rollout, previous);
  const isNew = previous?.updateRevision !== revision || previous.nodes?.selected === 0;
  const started: PlannedEvent = {
    type: "Normal",
    reason: "RolloutStarted",
    message: `rollout of ${revision} to ${countNodes(verdicts.length)} has started`,
  };
  const finished: PlannedEvent = {
    type: "Normal",
    reason: "RolloutFinished",
    message: `${countNodes(verdicts.length)} ${verdicts.length === 1 ? "runs" : "run"} ${revision}`,
  };
  const wasComplete = !isNew && previousState(proxyConfig, revision)?.phase === "Complete";
  const hasFinished = rollout.state.phase === "Complete" && !wasComplete;
  return [...(isNew ? [started] : []), ...(hasFinished ? [finished] : [])];
}

/** Reported once, until the revision can be stored. */
function blockedEvents(
  { message = "" }: RolloutPlan,
  previous: ProxyConfigStatus | undefined,
): readonly PlannedEvent[] {
  if (previous?.rollout?.phase === "Blocked") return [];
  return [{ type: "Warning", reason: revisionNotStored, message }];
}

/** With a full list, nothing is known about nodes that are not in it. */
function failingEvents(
  previous: ProxyConfigStatus | undefined,
  next: ProxyConfigStatus,
): readonly PlannedEvent[] {
  const known = previous?.failing ?? [];
  if (known.length === longestFailingList) return [];
  return (next.failing ?? [])
    .filter(({ node }) => !known.some((other) => other.node === node))
    .map(({ node, reason, message }) => ({
      type: "Warning",
      reason: "NodeFailed",
      message: `${node} ${reason}: ${message}`,
    }));
}

/** A silent agent that reports again is worth an Event: it has to read its lists before its node is ready. */
function recoveredEvents(
  { verdicts }: ConfigFacts,
  previous: ProxyConfigStatus | undefined,
): readonly PlannedEvent[] {
  const reasons = new Map(previous?.failing?.map(({ node, reason }) => [node, reason]));
  return verdicts.flatMap(({ node, health }) => {
    const reason = reasons.get(node);
    if (reason === undefined) return [];
    if (health === "ready") return [recovered(`${node} is ready again`)];
    return health === "waiting" && reason === agentSilent
      ? [recovered(`the agent of ${node} is reporting again`)]
      : [];
  });
}

function recovered(message: string): PlannedEvent {
  return { type: "Normal", reason: "NodeRecovered", message };
}

/** One Event when the first node stops serving some Services as specified; the status lists the nodes. */
function degradedEvents({ verdicts }: ConfigFacts, { previous, next }: Statuses): readonly PlannedEvent[] {
  if (countDegraded(previous) > 0 || countDegraded(next) === 0) return [];
  return [{ type: "Warning", reason: "NodesDegraded", message: explainDegraded(verdicts).join("; ") }];
}

function countDegraded(status: ProxyConfigStatus | undefined): number {
  return status?.nodes?.degraded ?? 0;
}

/** When it begins; the nodes may change often after that, and the status lists them. */
function modeFallbackEvents(look: Statuses): readonly PlannedEvent[] {
  const { modeFallback } = configConditionTypes;
  const now = holding(look.next, modeFallback);
  if (now === undefined || holding(look.previous, modeFallback) !== undefined) return [];
  return [{ type: "Warning", reason: "ModeFallback", message: now.message }];
}

/** When it begins, which is intended where some nodes are an exception, and when the last node is lost. */
function overriddenEvents({ previous, next }: Statuses): readonly PlannedEvent[] {
  const now = holding(next, configConditionTypes.overridden);
  const before = holding(previous, configConditionTypes.overridden);
  const ownsNone = next.nodes?.selected === 0;
  const hasLostAll = ownsNone && previous?.nodes?.selected !== 0;
  if (now === undefined || (before !== undefined && !hasLostAll)) return [];
  return [{ type: ownsNone ? "Warning" : "Normal", reason: "ConfigOverridden", message: now.message }];
}

/** The condition, if it is True. */
function holding(status: ProxyConfigStatus | undefined, type: string): Condition | undefined {
  const condition = findCondition(status?.conditions ?? [], type);
  return condition?.status === "True" ? condition : undefined;
}
