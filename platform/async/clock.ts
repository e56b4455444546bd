import { setTimeout as delay } from "node:timers/promises";

/** The time source of our loops, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch; may jump. For timestamps in the API. */
  now(): number;
  /** Milliseconds of a monotonic clock. For durations. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds, or at once and without an error when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
