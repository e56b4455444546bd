import type { ProxyConfig } from "../../../crds/api.ts";
import { isReady, type NodeVerdict } from "../nodes/judge-node.ts";
import { isModeUnsupported } from "../nodes/mode-support.ts";
import { countNodes } from "../status/name-nodes.ts";
import type { Assignment } from "./assign.ts";
import {
  blocked,
  currentStep,
  previousState,
  withoutNodes,
  type CurrentStep,
  type RolloutState,
} from "./rollout-state.ts";

/** The progress of the rollout of one revision. */
export interface RolloutPlan {
  /** The state that the next plan continues from. */
  readonly state: RolloutState;
  /** Nodes that keep the settings they have. */
  readonly held: readonly string[];
  /** Short, for a column of `kubectl get`. */
  readonly stage: string;
  /** What the rollout waits for; undefined when it waits for nothing. */
  readonly message: string | undefined;
  /** When to plan again even if nothing happens, in milliseconds since the epoch. */
  readonly nextLookAtMs: number | undefined;
}

export interface RolloutFacts {
  readonly proxyConfig: ProxyConfig;
  readonly assignment: Assignment;
  /** Of all its nodes. */
  readonly verdicts: readonly NodeVerdict[];
  /** Why the target cannot be stored, where that has failed. */
  readonly storeFailure: string | undefined;
  readonly nowMs: number;
}

/**
 * Finds where the rollout of a ProxyConfig stands. The typed state in its status is its only memory, so any
 * instance can continue at any point. A rollout that was complete stays so until the revision changes: a node that fails or
 * joins later is not part of it.
 */
export function planRollout(facts: RolloutFacts): RolloutPlan {
  const { proxyConfig, assignment, verdicts } = facts;
  const { revision: to } = assignment.target;
  const held = [...assignment.held];
  const plan = { held, message: undefined, nextLookAtMs: undefined };
  if (verdicts.length === 0) return { ...plan, state: withoutNodes(proxyConfig, to), stage: "no nodes" };
  if (assignment.holdReason === "unstored") {
    return {
      ...plan,
      state: blocked(proxyConfig),
      stage: `blocked ${progress(verdicts)}`,
      message: explainBlocked(facts),
    };
  }
  if (held.length > 0) {
    const step = currentStep(proxyConfig, { to, resumes: false, nowMs: facts.nowMs });
    const message = `rollout.paused holds ${held.length} of ${countNodes(verdicts.length)} at ${held.length === 1 ? "its" : "their"} previous settings`;
    return { ...plan, state: { ...step, phase: "Paused" }, stage: `paused ${progress(verdicts)}`, message };
  }
  return { ...plan, ...planReleased(facts, to) };
}

type Standing = Pick<RolloutPlan, "state" | "stage"> & Partial<Pick<RolloutPlan, "message" | "nextLookAtMs">>;

/** Of a rollout that nothing holds. */
function planReleased({ proxyConfig, verdicts, nowMs }: RolloutFacts, to: string): Standing {
  const isUnsupported = isModeUnsupported(verdicts);
  const wasUnsupported = previousState(proxyConfig, to)?.phase === "Unsupported";
  const step = currentStep(proxyConfig, { to, resumes: !(isUnsupported && wasUnsupported), nowMs });
  if (
    verdicts.every(({ health }) => health === "ready") ||
    previousState(proxyConfig, to)?.phase === "Complete"
  ) {
    return { state: { ...step, phase: "Complete" }, stage: "complete" };
  }
  if (isUnsupported) {
    const message = "no node supports spec.mode or one of spec.fallbackModes";
    return { state: { ...step, phase: "Unsupported" }, stage: `stalled ${progress(verdicts)}`, message };
  }
  const { progressDeadlineSeconds } = proxyConfig.spec.rollout;
  const deadlineMs = lastProgressMs(step, { verdicts, nowMs }) + progressDeadlineSeconds * 1000;
  if (nowMs >= deadlineMs) {
    const message = `no progress for ${progressDeadlineSeconds} s (rollout.progressDeadlineSeconds)`;
    return { state: { ...step, phase: "Stalled" }, stage: `stalled ${progress(verdicts)}`, message };
  }
  return {
    state: { ...step, phase: "Updating" },
    stage: `updating ${progress(verdicts)}`,
    nextLookAtMs: deadlineMs,
  };
}

function explainBlocked({ assignment, storeFailure = "" }: RolloutFacts): string {
  return `revision ${assignment.target.revision} cannot be stored, so no node gets it: ${storeFailure}`;
}

/** Nodes that are ready with the newest revision, of all. */
function progress(verdicts: readonly NodeVerdict[]): string {
  return `${verdicts.filter(isReady).length}/${verdicts.length}`;
}

/**
 * When the newest node became ready, or the step started, in milliseconds since the epoch. The first comes from the node's own
 * clock. A future time is not progress: otherwise one fast clock would delay the deadline.
 */
function lastProgressMs(
  { startedAt, stepStartedAt }: CurrentStep,
  { verdicts, nowMs }: { readonly verdicts: readonly NodeVerdict[]; readonly nowMs: number },
): number {
  const readySinceMs = verdicts
    .filter(({ health }) => health === "ready")
    .map(({ since }) => Date.parse(since ?? startedAt))
    .filter((timeMs) => timeMs <= nowMs);
  return readySinceMs.reduce((latest, timeMs) => Math.max(latest, timeMs), Date.parse(stepStartedAt));
}
