import type { Clock } from "../../platform/clock.ts";

/** Calls back at one moment, which may be moved. Costs nothing while none is set. */
export class WakeUpCall {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onDue: () => void;
  #atMs: number | undefined;
  #nap: AbortController | undefined;

  /** @param deps.signal Ends everything when it aborts. */
  constructor(deps: { readonly clock: Clock; readonly signal: AbortSignal; readonly onDue: () => void }) {
    this.#clock = deps.clock;
    this.#signal = deps.signal;
    this.#onDue = deps.onDue;
  }

  /** @param atMs Milliseconds of the monotonic clock, within some days; undefined is never. Replaces what was set before. */
  set(atMs: number | undefined): void {
    if (atMs === this.#atMs) return;
    this.#atMs = atMs;
    this.#nap?.abort();
    this.#nap = undefined;
    if (atMs === undefined) return;
    this.#nap = new AbortController();
    void this.#wait(atMs, AbortSignal.any([this.#signal, this.#nap.signal]));
  }

  async #wait(atMs: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(Math.max(0, atMs - this.#clock.monotonicMs()), signal);
    if (signal.aborted) return;
    this.#atMs = undefined;
    this.#onDue();
  }
}
