import type { Clock } from "../platform/clock.ts";
import { errorMessage } from "../platform/errors.ts";
import { Doorbell } from "./doorbell.ts";

const retryMs = 5_000;

/** Something that listens on an address of the node. */
export interface OpenListener {
  /** Ends it with all its connections. */
  close(): Promise<void>;
}

export interface ListenerSetDeps<Wanted> {
  /** Rejects when the address cannot be had. */
  readonly open: (wanted: Wanted) => Promise<OpenListener>;
  /** Opening it has failed; told once until it is open or not wanted any more. */
  readonly onFailure: (wanted: Wanted, reason: string) => void;
  /** It is open after it had failed. */
  readonly onRecovery?: (wanted: Wanted) => void;
  readonly clock: Clock;
}

/** Keeps as many listeners open as are wanted. What cannot be opened is tried again every 5 seconds. */
export class ListenerSet<Wanted> {
  readonly #deps: ListenerSetDeps<Wanted>;
  readonly #doorbell: Doorbell;
  readonly #open = new Map<string, OpenListener>();
  /** Why the wanted ones that are not open are not, by key. */
  readonly #failures = new Map<string, string>();
  #wanted: ReadonlyMap<string, Wanted> = new Map();

  constructor(deps: ListenerSetDeps<Wanted>) {
    this.#deps = deps;
    this.#doorbell = new Doorbell(deps.clock);
  }

  /** @param wanted by a key that says all that matters for opening it: one with a known key is not opened anew */
  set(wanted: ReadonlyMap<string, Wanted>): void {
    this.#wanted = wanted;
    this.#doorbell.ring();
  }

  /** Why some are not open, by key. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures;
  }

  /** Works until `signal` aborts, and closes all then. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#doorbell.wait(this.#failures.size > 0 ? retryMs : Infinity, signal);
      if (!signal.aborted) await this.#reconcile(this.#wanted);
    }
    await this.#reconcile(new Map());
  }

  async #reconcile(wanted: ReadonlyMap<string, Wanted>): Promise<void> {
    for (const key of this.#failures.keys()) {
      if (!wanted.has(key)) this.#failures.delete(key);
    }
    // Closing first: one may want the address of another that goes.
    const leaving = [...this.#open].filter(([key]) => !wanted.has(key));
    await Promise.all(leaving.map(([key, listener]) => this.#closeOne(key, listener)));
    const missing = [...wanted].filter(([key]) => !this.#open.has(key));
    await Promise.all(missing.map(([key, listener]) => this.#openOne(key, listener)));
  }

  async #openOne(key: string, wanted: Wanted): Promise<void> {
    try {
      this.#open.set(key, await this.#deps.open(wanted));
      if (this.#failures.delete(key)) this.#deps.onRecovery?.(wanted);
    } catch (error) {
      const isNew = !this.#failures.has(key);
      this.#failures.set(key, errorMessage(error));
      if (isNew) this.#deps.onFailure(wanted, errorMessage(error));
    }
  }

  async #closeOne(key: string, listener: OpenListener): Promise<void> {
    this.#open.delete(key);
    await listener.close();
  }
}
