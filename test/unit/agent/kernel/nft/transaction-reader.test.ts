import assert from "node:assert/strict";
import { NetlinkSyntaxError } from "../../../../../agent/kernel/nft/netlink-messages.ts";
import {
  type SeenTransaction,
  TransactionReader,
} from "../../../../../agent/kernel/nft/transaction-reader.ts";
import { messages } from "./nft-messages.ts";

function read(...hex: readonly string[]): readonly SeenTransaction[] {
  return [...new TransactionReader("kubesteer").push(Buffer.from(hex.join(""), "hex"))];
}

const nft = { processId: 1869, processName: "nft" };
const added = { verb: "added", family: "ip" } as const;

describe("transaction reader", () => {
  it("puts the changes of a transaction together and counts those of one sort", () => {
    const { newTable, newElement, generation } = messages;
    assert.deepEqual(read(newTable, newElement, newElement, generation), [
      {
        ...nft,
        changes: [
          { ...added, object: "table", name: "kubesteer", count: 1 },
          { ...added, object: "element", name: "s", count: 2 },
        ],
        revisions: [],
      },
    ]);
  });

  it("returns the number that a transaction writes", () => {
    const [transaction] = read(messages.newRevision, messages.generation);
    assert.deepEqual(transaction?.revisions, [5]);
  });

  it("keeps transactions apart", () => {
    const { newChain, deletedSet, generation } = messages;
    const transactions = read(newChain, generation, deletedSet, generation);
    assert.deepEqual(
      transactions.map(({ changes }) => changes.map(({ name }) => name)),
      [["c"], ["s"]],
    );
  });

  it("leaves out transactions on tables of others, and what is not complete", () => {
    assert.deepEqual(read(messages.newForeignTable, messages.generation, messages.newChain), []);
  });

  it("returns the transactions before a message that it cannot read", () => {
    const reader = new TransactionReader("kubesteer");
    const seen = reader.push(
      Buffer.from(`${messages.newChain}${messages.generation}01${"00".repeat(15)}`, "hex"),
    );
    assert.equal(seen.next().value?.changes.length, 1);
    assert.throws(() => seen.next(), NetlinkSyntaxError);
  });
});
