import type { ProxyMode } from "../../crds/api.ts";
import { backoffDelayMs } from "../../platform/async/backoff.ts";
import type { Clock } from "../../platform/async/clock.ts";

const retryBackoff = { baseDelayMs: 1_000, maxDelayMs: 30_000 };

/** A mode besides the main one whose newest sync failed. */
export interface ModeFailure {
  readonly mode: ProxyMode;
  /** What went wrong and, where known, what to do about it. */
  readonly message: string;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** Whether it failed in the reported sync; otherwise it was not tried in that sync. */
  readonly isNew: boolean;
}

interface RetriedFailure extends Omit<ModeFailure, "isNew"> {
  /** Milliseconds of the monotonic clock. */
  readonly retryAtMs: number;
  /** Number of the sync. */
  readonly round: number;
}

/** Modes besides the main one that failed. Each is tried again after 1 to 30 seconds and holds up no other mode. */
export class FailingModes {
  readonly #clock: Clock;
  readonly #random: (() => number) | undefined;
  readonly #failures = new Map<ProxyMode, RetriedFailure>();
  #round = 0;

  /** @param options.random like Math.random, for the jitter of retries */
  constructor({ clock, random }: { readonly clock: Clock; readonly random?: (() => number) | undefined }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A sync begins. Returns the modes that are not tried in it. */
  startSync(): Set<ProxyMode> {
    this.#round += 1;
    const nowMs = this.#clock.monotonicMs();
    return new Set(
      [...this.#failures.values()].flatMap(({ mode, retryAtMs }) => (retryAtMs > nowMs ? [mode] : [])),
    );
  }

  add(mode: ProxyMode, message: string): void {
    const failures = (this.#failures.get(mode)?.failures ?? 0) + 1;
    const retryAtMs = this.#clock.monotonicMs() + backoffDelayMs(failures, retryBackoff, this.#random);
    this.#failures.set(mode, { mode, message, failures, retryAtMs, round: this.#round });
  }

  remove(mode: ProxyMode): void {
    this.#failures.delete(mode);
  }

  /** When the next attempt comes, in the clock's monotonic milliseconds; undefined when no mode fails. */
  get nextRetryMs(): number | undefined {
    const times = [...this.#failures.values()].map(({ retryAtMs }) => retryAtMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Why a mode fails; undefined when it does not. */
  messageOf(mode: ProxyMode): string | undefined {
    return this.#failures.get(mode)?.message;
  }

  list(): readonly ModeFailure[] {
    return [...this.#failures.values()].map(({ mode, message, failures, round }) => ({
      mode,
      message,
      failures,
      isNew: round === this.#round,
    }));
  }
}
