import type { Clock } from "../../platform/async/clock.ts";

/** Since when changes wait for the kernel, from the API event that brought them to the successful sync. */
export class WaitingChanges {
  readonly #clock: Clock;
  /** Oldest change that no sync has included. */
  #queuedSinceMs: number | undefined;
  /** Oldest change of the running sync, or of the ones that failed. */
  #takenSinceMs: number | undefined;
  #hasFailed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(): void {
    this.#queuedSinceMs ??= this.#clock.monotonicMs();
  }

  /** Whether anything came after the last {@link take}. */
  get queued(): boolean {
    return this.#queuedSinceMs !== undefined;
  }

  /** A sync starts with everything that is queued. */
  take(): void {
    this.#takenSinceMs ??= this.#queuedSinceMs;
    this.#queuedSinceMs = undefined;
  }

  /** The sync failed: its changes keep waiting, like those that arrive before the next {@link complete}. */
  fail(): void {
    this.#hasFailed = true;
  }

  /**
   * What was taken is in the kernel. Returns how long the oldest of it waited; undefined when there was nothing, or when it
   * waited through a failure: that time says nothing about how fast changes are programmed.
   */
  complete(): number | undefined {
    const sinceMs = this.#takenSinceMs;
    const isMeasured = sinceMs !== undefined && !this.#hasFailed;
    this.#takenSinceMs = undefined;
    this.#hasFailed = false;
    return isMeasured ? this.#clock.monotonicMs() - sinceMs : undefined;
  }

  /** How long the oldest change has been waiting, in milliseconds; undefined when none does. */
  oldestMs(): number | undefined {
    const sinceMs = this.#takenSinceMs ?? this.#queuedSinceMs;
    return sinceMs === undefined ? undefined : this.#clock.monotonicMs() - sinceMs;
  }
}
