import assert from "node:assert/strict";
import { describeChanges } from "../../../../../agent/dataplane/nftables/describe-changes.ts";
import type { CountedChange } from "../../../../../agent/kernel/nft/transaction-reader.ts";

function made(change: Partial<CountedChange>): CountedChange {
  return { verb: "added", family: "ip", object: "element", name: "svc", count: 1, ...change };
}

const deletedTable = made({ verb: "deleted", object: "table", name: "kubesteer" });
const rows: readonly (readonly [name: string, changes: readonly CountedChange[], text: string])[] = [
  ["one element", [made({})], "added an element of svc in table ip kubesteer"],
  [
    "many elements as their number",
    [made({ verb: "deleted", count: 250 })],
    "deleted 250 elements of svc in table ip kubesteer",
  ],
  [
    "a rule by its chain",
    [made({ object: "rule", name: "services" })],
    "added a rule of chain services in table ip kubesteer",
  ],
  [
    "a table before all else, and nothing of what went with it",
    [made({ verb: "deleted", object: "set", name: "rev" }), made({ family: "ip6" }), deletedTable],
    "deleted table ip kubesteer, added an element of svc in table ip6 kubesteer",
  ],
  [
    "at most three sorts of changes",
    ["a", "b", "c", "d", "e"].map((name) => made({ object: "chain", name })),
    "added chain a in table ip kubesteer, added chain b in table ip kubesteer, " +
      "added chain c in table ip kubesteer and 2 more",
  ],
];

describe("describe changes", () => {
  for (const [name, changes, text] of rows) {
    it(`describes ${name}`, () => assert.equal(describeChanges(changes), text));
  }
});
