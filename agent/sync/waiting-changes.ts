import type { Clock } from "../../platform/clock.ts";

/** Since when changes wait for the kernel, from the API event that brought them to the successful sync. */
export class WaitingChanges {
  readonly #clock: Clock;
  /** Oldest change that no sync has taken up. */
  #queuedSinceMs: number | undefined;
  /** Oldest change of the running sync, or of the ones that failed. */
  #takenSinceMs: number | undefined;

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

  /** A sync takes up everything that is queued. */
  take(): void {
    this.#takenSinceMs ??= this.#queuedSinceMs;
    this.#queuedSinceMs = undefined;
  }

  /** What was taken is in the kernel. Returns how long the oldest of it waited; undefined when there was nothing. */
  complete(): number | undefined {
    const sinceMs = this.#takenSinceMs;
    this.#takenSinceMs = undefined;
    return sinceMs === undefined ? undefined : this.#clock.monotonicMs() - sinceMs;
  }

  /** How long the oldest change has been waiting, in milliseconds; undefined when none does. */
  oldestMs(): number | undefined {
    const sinceMs = this.#takenSinceMs ?? this.#queuedSinceMs;
    return sinceMs === undefined ? undefined : this.#clock.monotonicMs() - sinceMs;
  }
}
