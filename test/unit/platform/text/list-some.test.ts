import assert from "node:assert/strict";
import { listSome, listSomeClauses } from "../../../../platform/text/list-some.ts";

const rows: readonly (readonly [rule: string, items: readonly string[], names: string, clauses: string])[] = [
  ["nothing is no text", [], "", ""],
  ["one item is itself", ["a"], "a", "a"],
  ["as many as are allowed are all named", ["a", "b", "c"], "a, b, c", "a; b; c"],
  ["of more the rest is counted", ["a", "b", "c", "d", "e"], "a, b, c and 2 more", "a; b; c; and 2 more"],
];

describe("listSome", () => {
  for (const [rule, items, names, clauses] of rows) {
    it(rule, () => {
      assert.equal(listSome(items, 3), names);
      assert.equal(listSomeClauses(items, 3), clauses);
    });
  }
});
