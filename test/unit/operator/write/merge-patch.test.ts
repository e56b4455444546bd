import assert from "node:assert/strict";
import { mergePatchBetween } from "../../../../operator/write/merge-patch.ts";

const rows: readonly {
  readonly rule: string;
  readonly from: object;
  readonly to: object;
  readonly patch: object;
}[] = [
  { rule: "nothing differs", from: { a: { b: [1] } }, to: { a: { b: [1] } }, patch: {} },
  { rule: "what is too much is removed", from: { a: 1, b: 2 }, to: { a: 1 }, patch: { b: null } },
  { rule: "what is missing is added", from: {}, to: { a: { b: 1 } }, patch: { a: { b: 1 } } },
  { rule: "what differs is replaced", from: { a: 1 }, to: { a: 2 }, patch: { a: 2 } },
  {
    rule: "objects are patched within",
    from: { a: { b: 1, c: 2, d: 3 } },
    to: { a: { b: 1, c: 3 } },
    patch: { a: { d: null, c: 3 } },
  },
  { rule: "lists are replaced as a whole", from: { a: [1, 2] }, to: { a: [2] }, patch: { a: [2] } },
  {
    rule: "an object takes the place of a list",
    from: { a: [1] },
    to: { a: { b: 1 } },
    patch: { a: { b: 1 } },
  },
];

describe("mergePatchBetween", () => {
  for (const { rule, from, to, patch } of rows) {
    it(rule, () => assert.deepEqual(mergePatchBetween(from, to), patch));
  }
});
