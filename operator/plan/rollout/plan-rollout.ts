import type { Condition, ProxyConfig, ProxyConfigStatus } from "../../../crds/api.ts";
import { conditionTypes } from "../../../crds/condition-types.ts";
import { findCondition } from "../../../platform/kube/conditions.ts";
import { rolloutPaused } from "../status/condition-names.ts";
import type { NodeVerdict } from "../nodes/judge-node.ts";
import { isModeUnsupported, modeUnsupported } from "../nodes/mode-support.ts";
import { countNodes } from "../status/name-nodes.ts";
import { formatTime } from "../../../platform/kube/time.ts";

export type RolloutPhase = "noNodes" | "updating" | "paused" | "unsupported" | "stalled" | "complete";

/** How far the change to one revision is, and which nodes it may reach now. */
export interface RolloutPlan {
  readonly phase: RolloutPhase;
  /** Nodes that get the revision now or have it already. */
  readonly released: ReadonlySet<string>;
  /** Nodes that keep the settings they have. */
  readonly held: readonly string[];
  /** Short, for a column of `kubectl get`. */
  readonly stage: string;
  /** RFC 3339; undefined while there are no nodes. */
  readonly startedAt: string | undefined;
  /** What is waited for; undefined when nothing is. */
  readonly message: string | undefined;
  /** When to look again although nothing happened, in milliseconds since the epoch. */
  readonly nextLookAtMs: number | undefined;
}

const completeStage = "complete";

/**
 * Decides which of a ProxyConfig's nodes may change now: all at once, unless `rollout.paused` holds those that already
 * have settings. A node without any always gets some, because without them it serves nothing.
 *
 * Keeps no memory but the status of the ProxyConfig, so that any instance can go on at any point. A rollout that was
 * complete stays so until the revision changes: a node that fails or joins later is not part of it.
 */
export function planRollout({
  proxyConfig,
  revision,
  verdicts,
  nowMs,
}: {
  readonly proxyConfig: ProxyConfig;
  readonly revision: string;
  readonly verdicts: readonly NodeVerdict[];
  readonly nowMs: number;
}): RolloutPlan {
  const { paused, progressDeadlineSeconds } = proxyConfig.spec.rollout;
  const previous = previousRollout(proxyConfig.status, revision);
  const startedAt = previous?.startedAt ?? formatTime(nowMs);
  const isHeld = (verdict: NodeVerdict) => paused && hasOtherRevision(verdict, revision);
  const held = verdicts.filter(isHeld).map(({ node }) => node);
  const released = new Set(verdicts.filter((verdict) => !isHeld(verdict)).map(({ node }) => node));
  if (verdicts.length === 0) return { released, held, startedAt: undefined, ...stage("noNodes", "no nodes") };
  const plan = { released, held, startedAt };
  if (held.length > 0) {
    const message = `rollout.paused holds ${held.length} of ${countNodes(verdicts.length)} at ${held.length === 1 ? "its" : "their"} previous settings`;
    return { ...plan, ...stage("paused", `paused ${progress(verdicts)}`, message) };
  }
  if (verdicts.every(({ health }) => health === "ready") || previous?.stage === completeStage) {
    return { ...plan, ...stage("complete", completeStage) };
  }
  if (isModeUnsupported(verdicts)) {
    const message = "no node supports spec.mode or one of spec.fallbackModes";
    return { ...plan, ...stage("unsupported", `stalled ${progress(verdicts)}`, message) };
  }
  const deadlineMs =
    lastProgressMs({ startedAt, verdicts, progressing: progressingOf(proxyConfig), nowMs }) +
    progressDeadlineSeconds * 1000;
  if (nowMs >= deadlineMs) {
    const message = `no progress for ${progressDeadlineSeconds} s (rollout.progressDeadlineSeconds)`;
    return { ...plan, ...stage("stalled", `stalled ${progress(verdicts)}`, message) };
  }
  return { ...plan, ...stage("updating", `updating ${progress(verdicts)}`), nextLookAtMs: deadlineMs };
}

function stage(phase: RolloutPhase, text: string, message?: string) {
  return { phase, stage: text, message, nextLookAtMs: undefined };
}

/** What the status says about the rollout of this revision; undefined when it is about another one. */
function previousRollout(
  status: ProxyConfigStatus | undefined,
  revision: string,
): ProxyConfigStatus["rollout"] {
  return status?.updateRevision === revision ? status.rollout : undefined;
}

function hasOtherRevision({ assignedRevision }: NodeVerdict, revision: string): boolean {
  return assignedRevision !== undefined && assignedRevision !== revision;
}

function progress(verdicts: readonly NodeVerdict[]): string {
  return `${verdicts.filter(({ health }) => health === "ready").length}/${verdicts.length}`;
}

function progressingOf({ status }: ProxyConfig): Condition | undefined {
  return findCondition(status?.conditions ?? [], conditionTypes.progressing);
}

/**
 * When the newest node became ready, or the rollout began or went on after a pause or a lack of nodes that support the mode,
 * in milliseconds since the epoch. When a node
 * became ready is of its own clock; a time to come is no progress, or one fast clock would hold up the deadline.
 */
function lastProgressMs({
  startedAt,
  verdicts,
  progressing,
  nowMs,
}: {
  readonly startedAt: string;
  readonly verdicts: readonly NodeVerdict[];
  readonly progressing: Condition | undefined;
  readonly nowMs: number;
}): number {
  const readySinceMs = verdicts
    .filter(({ health }) => health === "ready")
    .map(({ since }) => Date.parse(since ?? startedAt))
    .filter((timeMs) => timeMs <= nowMs);
  return readySinceMs.reduce(
    (latest, timeMs) => Math.max(latest, timeMs),
    Math.max(Date.parse(startedAt), resumedAtMs(progressing, nowMs)),
  );
}

function resumedAtMs(progressing: Condition | undefined, nowMs: number): number {
  if (progressing?.status === "True") return Date.parse(progressing.lastTransitionTime);
  return progressing?.reason === rolloutPaused || progressing?.reason === modeUnsupported ? nowMs : 0;
}
