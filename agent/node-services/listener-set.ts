import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { WakeSignal } from "../../platform/async/wake-signal.ts";

const retryMs = 5_000;

/** Something that listens on an address of the node. */
export interface OpenListener {
  /** Ends it with all its connections. */
  close(): Promise<void>;
}

export interface ListenerSetDeps<Wanted> {
  /** Rejects when it cannot listen, as on an address that is already in use. */
  readonly open: (wanted: Wanted) => Promise<OpenListener>;
  /** Opening it has failed; reported once until it is open or no longer wanted. */
  readonly onFailure: (wanted: Wanted, reason: string) => void;
  /** It is open after it had failed. */
  readonly onRecovery?: (wanted: Wanted) => void;
  readonly clock: Clock;
}

/** Keeps as many listeners open as are wanted. What cannot be opened is tried again every 5 seconds. */
export class ListenerSet<Wanted> {
  readonly #deps: ListenerSetDeps<Wanted>;
  readonly #wakeSignal: WakeSignal;
  readonly #open = new Map<string, OpenListener>();
  /** Why the wanted ones that are not open are not, by key. */
  readonly #failures = new Map<string, string>();
  readonly #wanted = new Map<string, Wanted>();
  /** Keys whose being wanted has changed since they were last looked at. */
  readonly #changed = new Set<string>();

  constructor(deps: ListenerSetDeps<Wanted>) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** @param wanted by a key that says all that matters for opening it: one with a known key is not reopened */
  set(wanted: ReadonlyMap<string, Wanted>): void {
    this.replace(this.#wanted, wanted);
  }

  /**
   * As {@link ListenerSet.set}, for a part of what is wanted; costs as much as that part is big.
   *
   * @param before what was wanted of it until now
   */
  replace(before: ReadonlyMap<string, Wanted>, after: ReadonlyMap<string, Wanted>): void {
    for (const key of before.keys()) {
      if (after.has(key)) continue;
      this.#wanted.delete(key);
      this.#changed.add(key);
    }
    for (const [key, wanted] of after) {
      if (before.has(key)) continue;
      this.#wanted.set(key, wanted);
      this.#changed.add(key);
    }
    if (this.#changed.size > 0) this.#wakeSignal.wake();
  }

  /** Why some are not open, by key. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures;
  }

  /** Works until `signal` aborts, and closes all then. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wakeSignal.wait(this.#failures.size > 0 ? retryMs : Infinity, signal);
      if (!signal.aborted) await this.#reconcile();
    }
    await Promise.all([...this.#open.keys()].map((key) => this.#close(key)));
  }

  async #reconcile(): Promise<void> {
    const keys = [...new Set([...this.#changed, ...this.#failures.keys()])];
    this.#changed.clear();
    const unwanted = keys.filter((key) => !this.#wanted.has(key));
    for (const key of unwanted) this.#failures.delete(key);
    // Closing first: one may want the address of another that goes.
    await Promise.all(unwanted.map((key) => this.#close(key)));
    await Promise.all(keys.map((key) => this.#openMissing(key)));
  }

  async #openMissing(key: string): Promise<void> {
    const wanted = this.#wanted.get(key);
    if (wanted === undefined || this.#open.has(key)) return;
    try {
      this.#open.set(key, await this.#deps.open(wanted));
      if (this.#failures.delete(key)) this.#deps.onRecovery?.(wanted);
    } catch (error) {
      const isNew = !this.#failures.has(key);
      this.#failures.set(key, errorMessage(error));
      if (isNew) this.#deps.onFailure(wanted, errorMessage(error));
    }
  }

  async #close(key: string): Promise<void> {
    const listener = this.#open.get(key);
    this.#open.delete(key);
    await listener?.close();
  }
}
