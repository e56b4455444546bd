import assert from "node:assert/strict";
import { NetlinkStream, NetlinkSyntaxError } from "../../../../../agent/kernel/nft/netlink-messages.ts";
import { type NftEvent, parseNftEvent } from "../../../../../agent/kernel/nft/nft-events.ts";

/** As the kernel 6.18 sent them. */
const messages = {
  newTable:
    "40000000000a0000010000004a0700000200001d0e0001006b756265737465657200000008000300000000030c000400000000000000000d" +
    "0800020000000000",
  newChain:
    "40000000030a0004020000004a0700000200001d0e0001006b756265737465657200000006000300630000000c00020000000000" +
    "000000010800060000000000",
  newRevision:
    "400000000c0a0004000000004a0700000200001d0e0001006b75626573746565720000000800020072657600140003001000" +
    "01000c0001000800010005000000",
  newElement:
    "400000000c0a0004000000004b0700000200001e0e0001006b756265737465657200000006000200730000001400030010000100" +
    "0c0001000800010001020304",
  newForeignTable:
    "3c000000000a0000060000004a0700000200001d0c000100666f726569676e0008000300000000010c0004000000000000" +
    "00000e0800020000000000",
  newRule:
    "6c000000060a000c010000004c0700000200001f0e0001006b756265737465657200000006000200630000000c00030000000000000000043" +
    "4000400300001000e000100696d6d6564696174650000001c0002000800010000000000100002000c0002000800010000000000",
  deletedSet:
    "380000000b0a0000010000004d070000020000200e0001006b756265737465657200000006000200730000000c00100000000000000000" +
    "03",
  deletedTable:
    "38000000020a0000010000004d070000020000200e0001006b756265737465657200000008000300000000000c00040000000000" +
    "0000000d",
  generation: "2c0000000f0a0000010000004d070000000000200800010000000020080002000000074d080003006e667400",
} as const;

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
