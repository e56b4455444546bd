import type { Clock } from "./clock.ts";

/** Calls back at one time, which can be changed. Has no cost while no time is set. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onDue: () => void;
  #atMs: number | undefined;
  #sleep: AbortController | undefined;

  /** @param deps.signal Stops the timer when it aborts. */
  constructor(deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly onDue: () => void }) {
    this.#clock = deps.clock;
    this.#signal = deps.signal;
    this.#onDue = deps.onDue;
  }

  /** @param atMs Milliseconds of the monotonic clock, within some days; undefined means never. Replaces the previous time. */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return;
    this.#atMs = atMs;
    this.#sleep?.abort();
    this.#sleep = undefined;
    if (atMs === undefined) return;
    this.#sleep = new AbortController();
    void this.#wait(atMs, AbortSignal.any([this.#signal, this.#sleep.signal]));
  }

  async #wait(atMs: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(Math.max(0, atMs - this.#clock.monotonicMs()), signal);
    if (signal.aborted) return;
    this.#atMs = undefined;
    this.#onDue();
  }
}
