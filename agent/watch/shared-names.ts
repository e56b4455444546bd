/** Far more than a cluster has nodes and zones, and a bound on memory where nodes are replaced all the time. */
const mostEntries = 20_000;

const none: readonly string[] = [];
const names = new Map<string, string>();
const lists = new Map<string, readonly string[]>();

/**
 * The same string object for the same name. A hundred thousand endpoints name a few hundred nodes, and each name read
 * from JSON would be a separate string.
 */
export function sharedName(name: string): string {
  return shared(names, name, () => name);
}

/** The same list for the same names. */
export function sharedNames(list: readonly string[]): readonly string[] {
  return list.length === 0 ? none : shared(lists, JSON.stringify(list), () => [...list]);
}

function shared<Value>(pool: Map<string, Value>, key: string, make: () => Value): Value {
  const known = pool.get(key);
  if (known !== undefined) return known;
  if (pool.size >= mostEntries) pool.clear();
  const value = make();
  pool.set(key, value);
  return value;
}
