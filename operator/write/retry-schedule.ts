import { backoffDelayMs, type Backoff } from "../../platform/async/backoff.ts";
import type { WriteKey } from "../plan/write-keys.ts";

interface Failure {
  readonly failures: number;
  readonly dueMs: number;
  readonly reason: string;
}

/** Delays each failed write separately, so that other writes continue. */
export class RetrySchedule {
  readonly #backoff: Backoff;
  readonly #random: () => number;
  readonly #failed = new Map<WriteKey, Failure>();

  constructor(backoff: Backoff, random: () => number = Math.random) {
    this.#backoff = backoff;
    this.#random = random;
  }

  /** Whether `key` may be tried; times are from a monotonic clock. */
  isDue(key: WriteKey, nowMs: number): boolean {
    return (this.#failed.get(key)?.dueMs ?? 0) <= nowMs;
  }

  /** @returns milliseconds until `key` may be tried again */
  failed(key: WriteKey, { nowMs, reason }: { readonly nowMs: number; readonly reason: string }): number {
    const failures = (this.#failed.get(key)?.failures ?? 0) + 1;
    const delayMs = backoffDelayMs(failures, this.#backoff, this.#random);
    this.#failed.set(key, { failures, dueMs: nowMs + delayMs, reason });
    return delayMs;
  }

  succeeded(key: WriteKey): void {
    this.#failed.delete(key);
  }

  /** Writes that failed and have not succeeded since, with the newest reason. */
  reasons(): ReadonlyMap<WriteKey, string> {
    return new Map([...this.#failed].map(([key, { reason }]) => [key, reason]));
  }

  /** Forgets every key except these: the others need no further attempt. */
  retain(keys: ReadonlySet<WriteKey>): void {
    for (const key of this.#failed.keys()) if (!keys.has(key)) this.#failed.delete(key);
  }

  /** When the next attempt is due; undefined when nothing waits. */
  nextDueMs(): number | undefined {
    const due = [...this.#failed.values()].map(({ dueMs }) => dueMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }
}
