/** Where objects of one kind go. */
export interface ObjectSink<Kept> {
  upsert(key: string, kept: Kept): void;
  delete(key: string): void;
}

/**
 * One kind of objects on its way from the API server to where it is used. Until the first list is complete, objects of an
 * earlier run can stand in for those that have not arrived; what the list turns out not to have is deleted at its end.
 */
export class ObjectInflow<Kept> {
  readonly #sink: ObjectSink<Kept>;
  /** Keys that the API server has named; undefined once the first list is complete. */
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

  /** Objects that the API server has already named, in whatever state, are newer and stay. */
  restore(objects: Iterable<readonly [string, Kept]>): void {
    if (this.#seen === undefined) return;
    for (const [key, kept] of objects) {
      if (this.#seen.has(key)) continue;
      this.#standIns.add(key);
      this.#sink.upsert(key, kept);
    }
  }

  /** The API server has named everything there is. Idempotent. */
  completeList(): void {
    for (const key of this.#standIns) if (this.#seen?.has(key) !== true) this.#sink.delete(key);
    this.#standIns.clear();
    this.#seen = undefined;
  }
}
