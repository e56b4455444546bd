/** Receives the objects of one kind. */
export interface ObjectSink<Kept> {
  upsert(key: string, kept: Kept): void;
  delete(key: string): void;
}

/**
 * Passes the objects of one kind on to a sink. Until the first list is complete, objects stored by an earlier run stand in for
 * those that have not arrived. Those that the list does not contain are deleted when it is complete.
 */
export class SeededSink<Kept> {
  readonly #sink: ObjectSink<Kept>;
  /** Keys that the API server has sent; undefined once the first list is complete. */
  #seen: Set<string> | undefined = new Set();
  readonly #standIns = new Set<string>();

  constructor(sink: ObjectSink<Kept>) {
    this.#sink = sink;
  }

  upsert(key: string, kept: Kept): void {
    this.#seen?.add(key);
    this.#sink.upsert(key, kept);
  }

  delete(key: string): void {
    this.#sink.delete(key);
  }

  /** Adds stored objects. Those that the API server has already sent, or deleted, are newer and stay as they are. */
  restore(objects: Iterable<readonly [string, Kept]>): void {
    if (this.#seen === undefined) return;
    for (const [key, kept] of objects) {
      if (this.#seen.has(key)) continue;
      this.#standIns.add(key);
      this.#sink.upsert(key, kept);
    }
  }

  /** The API server has sent every object. Idempotent. */
  completeList(): void {
    for (const key of this.#standIns) if (this.#seen?.has(key) !== true) this.#sink.delete(key);
    this.#standIns.clear();
    this.#seen = undefined;
  }
}
