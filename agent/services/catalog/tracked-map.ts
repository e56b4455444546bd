import { isDeepStrictEqual } from "node:util";

/** A map that knows which of its entries have changed. */
export class TrackedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #changed = new Set<Key>();

  /** Live. */
  get entries(): ReadonlyMap<Key, Value> {
    return this.#entries;
  }

  /** @param value undefined removes the entry */
  put(key: Key, value: Value | undefined): void {
    if (isDeepStrictEqual(value, this.#entries.get(key))) return;
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
    this.#changed.add(key);
  }

  /** Keys of entries that have appeared, changed or vanished since the last call. */
  takeChanged(): ReadonlySet<Key> {
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }
}
