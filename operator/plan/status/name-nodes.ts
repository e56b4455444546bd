import { listSome } from "../../../platform/text/list-some.ts";

const namedNodes = 3;

/** The first few names in full and the number of the others, as in `node-1, node-2, node-3 and 7 more`. */
export function nameNodes(names: readonly string[]): string {
  return listSome(names, namedNodes);
}

/** As in `1 node` and `3 nodes`. */
export function countNodes(count: number): string {
  return count === 1 ? "1 node" : `${count} nodes`;
}
