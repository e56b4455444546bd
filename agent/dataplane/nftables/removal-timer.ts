import type { Clock } from "../../../platform/async/clock.ts";
import { errorMessage } from "../../../platform/errors.ts";
import type { Logger } from "../../../platform/log.ts";
import type { Mutex } from "../../../platform/async/mutex.ts";

/** A table in which unused things wait for their removal. */
export interface Removing {
  /** When the next of them is due, in the clock's monotonic milliseconds; undefined when none waits. */
  readonly nextDueMs: number | undefined;
  /** @throws {CommandError} */
  removeDue(): Promise<void>;
}

export interface RemovalTimerOptions {
  readonly tables: readonly Removing[];
  /** Removals and syncs do not meet. */
  readonly inTurn: Mutex;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Removes from the tables what has been unused for long enough, at its time. */
export class RemovalTimer {
  readonly #options: RemovalTimerOptions;
  #running: AbortController | undefined;

  constructor(options: RemovalTimerOptions) {
    this.#options = options;
  }

  /** To be called whenever something may have become unused. */
  start(): void {
    if (this.#running !== undefined || this.#nextDueMs() === undefined) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, inTurn } = this.#options;
    for (let dueMs = this.#nextDueMs(); dueMs !== undefined; dueMs = this.#nextDueMs()) {
      await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), signal);
      if (!signal.aborted) await inTurn(() => this.#remove(signal));
      if (signal.aborted) return;
    }
    this.#running = undefined;
  }

  async #remove(signal: AbortSignal): Promise<void> {
    const { tables, log } = this.#options;
    if (signal.aborted) return;
    try {
      for (const table of tables) await table.removeDue();
    } catch (error) {
      log.warn({ error: errorMessage(error) }, "unused chains and maps stay until the next full sync");
    }
  }

  #nextDueMs(): number | undefined {
    const times = this.#options.tables.flatMap(({ nextDueMs }) => nextDueMs ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
