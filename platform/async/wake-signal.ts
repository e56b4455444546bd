import type { Clock } from "./clock.ts";

// A timer of Node.js takes at most 2^31 - 1 ms. A waiting loop checks the time again anyway.
const longestWaitMs = 3_600_000;

/** Lets one loop sleep until a wake or a timeout. A wake while nothing waits is kept for the next wait. */
export class WakeSignal {
  readonly #clock: Clock;
  #isPending = false;
  #endWait: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isPending = true;
    this.#endWait?.();
  }

  /** Resolves at the next wake, after `ms` milliseconds (an hour at most), or when `signal` aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isPending && !signal.aborted) {
      const sleep = new AbortController();
      this.#endWait = () => sleep.abort();
      signal.addEventListener("abort", this.#endWait, { once: true });
      await this.#clock.sleep(Math.min(ms, longestWaitMs), sleep.signal);
      signal.removeEventListener("abort", this.#endWait);
      this.#endWait = undefined;
    }
    this.#isPending = false;
  }
}
