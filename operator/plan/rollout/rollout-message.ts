import { assertNever } from "../../../platform/assert-never.ts";
import type { RolloutPlan } from "./plan-rollout.ts";

const notStaged =
  "the change went to all nodes at once: rollout.canary, maxUnavailable and onFailure are not implemented yet";

/** What the status says about a rollout: what it waits for, and what of `spec.rollout` it ignores. */
export function rolloutMessage({ state: { phase }, message }: RolloutPlan): string | undefined {
  switch (phase) {
    case "NoNodes":
    case "Blocked":
    case "Paused":
      return message;
    case "Updating":
    case "Unsupported":
    case "Stalled":
    case "Complete":
      return message === undefined ? notStaged : `${message}; ${notStaged}`;
    default:
      return assertNever(phase);
  }
}
