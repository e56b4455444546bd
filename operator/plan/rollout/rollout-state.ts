import type { ProxyConfig, ProxyConfigStatus } from "../../../crds/api.ts";
import { formatTime } from "../../../platform/kube/time.ts";

type StoredRollout = NonNullable<ProxyConfigStatus["rollout"]>;

export type RolloutPhase = NonNullable<StoredRollout["phase"]>;

/** The planner's memory of a rollout: the typed part of `status.rollout`. */
export type RolloutState = Omit<StoredRollout, "stage" | "message" | "phase"> & {
  readonly phase: RolloutPhase;
};

/** State of the rollout of `revision`, or undefined when the status is about a different revision. */
export function previousState({ status }: ProxyConfig, revision: string): RolloutState | undefined {
  if (status?.updateRevision !== revision || status.rollout === undefined) return undefined;
  const { stage: _stage, message: _message, ...stored } = status.rollout;
  return { ...stored, phase: storedPhase(status, stored) };
}

/**
 * A status of a version without phases, or one in which the rollout of a further revision is blocked, shows by its
 * revisions whether this rollout is complete.
 */
function storedPhase(
  { currentRevision, updateRevision }: ProxyConfigStatus,
  { phase, startedAt }: Pick<StoredRollout, "phase" | "startedAt">,
): RolloutPhase {
  if (phase !== undefined && phase !== "Blocked") return phase;
  return startedAt !== undefined && currentRevision === updateRevision ? "Complete" : "Updating";
}

/** A rollout that has not started yet, because there is no node to change. */
export function withoutNodes(proxyConfig: ProxyConfig, to: string): RolloutState {
  return { phase: "NoNodes", ...replaced(proxyConfig, to), to };
}

/** The state from the status, which names revisions that exist; only the phase shows that a later one cannot be stored. */
export function blocked({ status }: ProxyConfig): RolloutState {
  const { stage: _stage, message: _message, ...stored } = status?.rollout ?? {};
  return { ...stored, phase: "Blocked" };
}

/** The times of a rollout whose step continues; its phase is not determined yet. */
export interface CurrentStep extends Pick<RolloutState, "from"> {
  readonly to: string;
  readonly startedAt: string;
  readonly step: number;
  readonly stepStartedAt: string;
}

/** The current step of the rollout: the stored one, the next one if it resumes, or the first. */
export function currentStep(
  proxyConfig: ProxyConfig,
  { to, resumes, nowMs }: { readonly to: string; readonly resumes: boolean; readonly nowMs: number },
): CurrentStep {
  const previous = previousState(proxyConfig, to);
  const now = formatTime(nowMs);
  if (previous?.startedAt === undefined) {
    return { ...replaced(proxyConfig, to), to, startedAt: now, step: 1, stepStartedAt: now };
  }
  const { from, startedAt, step = 1, stepStartedAt = startedAt } = previous;
  const kept = { ...(from !== undefined && { from }), to, startedAt };
  const wasHeld = previous.phase === "Paused" || previous.phase === "Unsupported";
  return resumes && wasHeld
    ? { ...kept, step: step + 1, stepStartedAt: now }
    : { ...kept, step, stepStartedAt };
}

/** The last revision that all nodes ran; if the rollout goes back to it, the one that was being rolled out. */
function replaced(proxyConfig: ProxyConfig, to: string): Pick<RolloutState, "from"> {
  const { currentRevision, updateRevision, rollout } = proxyConfig.status ?? {};
  const candidates = updateRevision === to ? [rollout?.from] : [currentRevision, updateRevision];
  const from = candidates.find((revision) => revision !== undefined && revision !== to);
  return from === undefined ? {} : { from };
}
