import assert from "node:assert/strict";
import { NetlinkStream, NetlinkSyntaxError } from "../../../../../agent/kernel/nft/netlink-messages.ts";
import { type NftEvent, parseNftEvent } from "../../../../../agent/kernel/nft/nft-events.ts";
import { messages } from "./nft-messages.ts";

function read(...hex: readonly string[]): readonly (NftEvent | undefined)[] {
  const stream = new NetlinkStream();
  return [...stream.push(Buffer.from(hex.join(""), "hex"))].map((message) =>
    parseNftEvent(message, "kubesteer"),
  );
}

const change = { kind: "change", verb: "added", family: "ip", revision: undefined } as const;
const rows: readonly (readonly [name: string, hex: string, expected: NftEvent | undefined])[] = [
  ["a new table", messages.newTable, { ...change, object: "table", name: "kubesteer" }],
  ["a new chain", messages.newChain, { ...change, object: "chain", name: "c" }],
  ["a new element", messages.newElement, { ...change, object: "element", name: "s" }],
  [
    "the number of a transaction",
    messages.newRevision,
    { ...change, object: "element", name: "rev", revision: 5 },
  ],
  ["a new rule", messages.newRule, { ...change, object: "rule", name: "c" }],
  ["a deleted set", messages.deletedSet, { ...change, verb: "deleted", object: "set", name: "s" }],
  [
    "a deleted table",
    messages.deletedTable,
    { ...change, verb: "deleted", object: "table", name: "kubesteer" },
  ],
  [
    "the end of a transaction",
    messages.generation,
    { kind: "committed", processId: 1869, processName: "nft" },
  ],
  ["nothing of interest in a table of others", messages.newForeignTable, undefined],
  [
    "nothing of interest in a table of our name in another family",
    messages.newTable.replace("0200001d", "0100001d"),
    undefined,
  ],
  [
    "nothing of interest in a message of another subsystem",
    messages.newTable.replace("000a0000", "00010000"),
    undefined,
  ],
  [
    "IPv6",
    messages.newChain.replace("0200001d", "0a00001d"),
    { ...change, family: "ip6", object: "chain", name: "c" },
  ],
];

describe("nft events", () => {
  for (const [name, hex, expected] of rows) {
    it(`reads ${name}`, () => assert.deepEqual(read(hex), [expected]));
  }

  it("reads messages that arrive in pieces", () => {
    const bytes = Buffer.from(messages.newTable + messages.newRule + messages.generation, "hex");
    const whole = read(messages.newTable, messages.newRule, messages.generation);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const stream = new NetlinkStream();
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      const found = pieces.flatMap((piece) => [...stream.push(piece)]);
      assert.deepEqual(
        found.map((message) => parseNftEvent(message, "kubesteer")),
        whole,
      );
    }
  });

  it("refuses what is no netlink message", () => {
    assert.throws(() => read("0100000000000000000000000000000000"), NetlinkSyntaxError);
  });

  it("refuses attributes that are longer than their message", () => {
    assert.throws(() => read(messages.newTable.replace("0e000100", "ff000100")), NetlinkSyntaxError);
  });
});
