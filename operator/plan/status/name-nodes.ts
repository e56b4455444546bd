const namedNodes = 3;

/** The first few names in full and the number of the others, as in `node-1, node-2, node-3 and 7 more`. */
export function nameNodes(names: readonly string[]): string {
  const named = names.slice(0, namedNodes).join(", ");
  return names.length > namedNodes ? `${named} and ${names.length - namedNodes} more` : named;
}

/** As in `1 node` and `3 nodes`. */
export function countNodes(count: number): string {
  return count === 1 ? "1 node" : `${count} nodes`;
}
