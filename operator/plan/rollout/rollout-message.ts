import { assertNever } from "../../../platform/assert-never.ts";
import type { RolloutPlan } from "./plan-rollout.ts";

const notStaged =
  "the change went to all nodes at once: this version does not obey rollout.canary, maxUnavailable and onFailure";

/** What the status says about a rollout: what it waits for, and what of `spec.rollout` it did not obey. */
export function rolloutMessage({ phase, message }: RolloutPlan): string | undefined {
  switch (phase) {
    case "noNodes":
    case "paused":
      return message;
    case "updating":
    case "unsupported":
    case "stalled":
    case "complete":
      return message === undefined ? notStaged : `${message}; ${notStaged}`;
    default:
      return assertNever(phase);
  }
}
