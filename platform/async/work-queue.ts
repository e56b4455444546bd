import { backoffDelayMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "../log.ts";

/** What should happen next with the key of a reconciler. */
export type Result = { readonly kind: "done" } | { readonly kind: "requeueAfter"; readonly delayMs: number };

export interface WorkQueue<Key extends string> {
  /** Queues `key`. Has no effect if it is already queued. */
  add(key: Key): void;
  /** Calls `add` after `delayMs` milliseconds. If a key has several delays, the earliest applies. */
  addAfter(key: Key, delayMs: number): void;
  /**
   * Reconciles keys until `signal` aborts; resolves when the last reconciler has returned, and never rejects.
   * A key is never reconciled concurrently: if it is added during its reconciliation, it is reconciled once more afterwards.
   * When `reconcile` rejects, the key is queued again after a delay that doubles with each consecutive failure.
   */
  run(
    reconcile: (key: Key) => Promise<Result>,
    options: { readonly concurrency: number; readonly log: Logger; readonly signal: AbortSignal },
  ): Promise<void>;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly random?: () => number;
}

export function createWorkQueue<Key extends string>(options: WorkQueueOptions): WorkQueue<Key> {
  return new KeyedWorkQueue<Key>(options);
}

class KeyedWorkQueue<Key extends string> implements WorkQueue<Key> {
  readonly #options: WorkQueueOptions;
  /** Keys that wait for their reconciliation, oldest first. */
  readonly #waiting = new Set<Key>();
  readonly #active = new Set<Key>();
  /** Delayed keys, each with the controller that cancels its delay. */
  readonly #delayed = new Map<Key, { readonly dueMs: number; readonly cancel: AbortController }>();
  readonly #failures = new Map<Key, number>();
  #stopped = false;
  #wake: () => void = () => {};

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: Key): void {
    if (this.#stopped) return;
    this.#waiting.add(key);
    this.#wake();
  }

  addAfter(key: Key, delayMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + delayMs;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.dueMs <= dueMs) return;
    earlier?.cancel.abort();
    const cancel = new AbortController();
    this.#delayed.set(key, { dueMs, cancel });
    void this.#addWhenDue(key, delayMs, cancel.signal);
  }

  async run(
    reconcile: (key: Key) => Promise<Result>,
    {
      concurrency,
      log,
      signal,
    }: { readonly concurrency: number; readonly log: Logger; readonly signal: AbortSignal },
  ): Promise<void> {
    const stop = () => this.#wake();
    signal.addEventListener("abort", stop, { once: true });
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const key = this.#active.size < concurrency ? this.#take() : undefined;
      if (key === undefined) {
        await this.#changed();
        continue;
      }
      const work = this.#process(key, reconcile, log);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
    this.#stopped = true;
    for (const { cancel } of this.#delayed.values()) cancel.abort();
    await Promise.all(running);
  }

  async #process(key: Key, reconcile: (key: Key) => Promise<Result>, log: Logger): Promise<void> {
    try {
      const result = await reconcile(key);
      this.#failures.delete(key);
      if (result.kind === "requeueAfter") this.addAfter(key, result.delayMs);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const delayMs = backoffDelayMs(failures, this.#options, this.#options.random);
      log.error({ error, key, failures, delayMs: Math.round(delayMs) }, "reconcile failed, retrying");
      this.addAfter(key, delayMs);
    } finally {
      this.#active.delete(key);
      this.#wake();
    }
  }

  /** Takes the oldest waiting key that is not being reconciled, and marks it active. */
  #take(): Key | undefined {
    for (const key of this.#waiting) {
      if (this.#active.has(key)) continue;
      this.#waiting.delete(key);
      this.#active.add(key);
      return key;
    }
    return undefined;
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async #addWhenDue(key: Key, delayMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(delayMs, signal);
    if (signal.aborted) return;
    this.#delayed.delete(key);
    this.add(key);
  }
}
