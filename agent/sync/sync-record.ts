import { LatencyWindow } from "./latency-window.ts";
import type { SyncFailure, SyncOutcome, SyncSuccess } from "./sync-outcome.ts";

/** The newest results of the sync loop, for status, health and metrics. */
export class SyncRecord {
  readonly latency = new LatencyWindow();
  #lastSuccess: SyncSuccess | undefined;
  #failure: SyncFailure | undefined;

  add(outcome: SyncOutcome): void {
    if (outcome.kind === "failure") {
      this.#failure = outcome;
      return;
    }
    this.#lastSuccess = outcome;
    this.#failure = undefined;
    if (outcome.changeLatencyMs !== undefined) this.latency.add(outcome.changeLatencyMs);
  }

  /** undefined before the first successful sync. */
  get lastSuccess(): SyncSuccess | undefined {
    return this.#lastSuccess;
  }

  /** undefined when the newest sync was successful. */
  get failure(): SyncFailure | undefined {
    return this.#failure;
  }
}
