import type { Clock } from "../platform/clock.ts";

// Timers of Node.js take at most 2^31 - 1 ms; whoever waits looks at the time again anyway.
const longestWaitMs = 3_600_000;

/** Lets one loop sleep until somebody rings or time is up. A ring while nobody waits is kept for the next wait. */
export class Doorbell {
  readonly #clock: Clock;
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, after `ms` milliseconds (an hour at most), or when `signal` aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const nap = new AbortController();
      this.#wake = () => nap.abort();
      signal.addEventListener("abort", this.#wake, { once: true });
      await this.#clock.sleep(Math.min(ms, longestWaitMs), nap.signal);
      signal.removeEventListener("abort", this.#wake);
      this.#wake = undefined;
    }
    this.#rung = false;
  }
}
