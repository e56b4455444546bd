import type { Clock } from "./clock.ts";

/** Limits a rate: `burst` tokens at once, then one per `refillIntervalMs`. For one caller at a time. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #refillIntervalMs: number;
  #tokens: number;
  #refilledMs: number;

  constructor(options: { readonly clock: Clock; readonly burst: number; readonly refillIntervalMs: number }) {
    this.#clock = options.clock;
    this.#burst = options.burst;
    this.#refillIntervalMs = options.refillIntervalMs;
    this.#tokens = options.burst;
    this.#refilledMs = options.clock.monotonicMs();
  }

  /** Resolves when a token is available, or at once when `signal` aborts. */
  async take(signal?: AbortSignal): Promise<void> {
    this.#refill();
    if (this.#tokens < 1) {
      await this.#clock.sleep((1 - this.#tokens) * this.#refillIntervalMs, signal);
      this.#refill();
    }
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const added = (nowMs - this.#refilledMs) / this.#refillIntervalMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + added);
    this.#refilledMs = nowMs;
  }
}
