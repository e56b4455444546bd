/** The entries of a map whose keys match, without a copy. Live: it changes with the map and with what matches. */
export class FilteredMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #all: ReadonlyMap<Key, Value>;
  readonly #matches: (key: Key) => boolean;

  constructor(all: ReadonlyMap<Key, Value>, matches: (key: Key) => boolean) {
    this.#all = all;
    this.#matches = matches;
  }

  has(key: Key): boolean {
    return this.#all.has(key) && this.#matches(key);
  }

  get(key: Key): Value | undefined {
    return this.#matches(key) ? this.#all.get(key) : undefined;
  }

  /** Costs a look at every entry of the map. */
  get size(): number {
    let size = 0;
    for (const key of this.#all.keys()) if (this.#matches(key)) size += 1;
    return size;
  }

  *entries(): MapIterator<[Key, Value]> {
    for (const entry of this.#all) if (this.#matches(entry[0])) yield entry;
  }

  *keys(): MapIterator<Key> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  forEach(visit: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
  }
}
