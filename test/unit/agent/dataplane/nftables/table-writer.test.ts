import assert from "node:assert/strict";
import { TableWriter } from "../../../../../agent/dataplane/nftables/table-writer.ts";
import type { NftCommit, NftSession, NftTransaction } from "../../../../../agent/kernel/nft-session.ts";

const committed: NftCommit = { kind: "committed" };
const refused: NftCommit = { kind: "refused", reason: "Device or resource busy" };
const deletion = ["delete chain ip kubesteer tcp-3"];

function open({ keepsReferences }: { readonly keepsReferences: boolean }) {
  const transactions: (readonly string[])[] = [];
  const answers: NftCommit[] = [];
  const answer = ({ commands }: NftTransaction): Promise<NftCommit> => {
    transactions.push(commands);
    return Promise.resolve(answers.shift() ?? committed);
  };
  const session: NftSession = {
    commit: answer,
    check: answer,
    isLatest: () => Promise.resolve(true),
    hasIssued: () => false,
    close: () => Promise.resolve(),
  };
  return { transactions, answers, writer: new TableWriter({ family: "ip", session, keepsReferences }) };
}

const rendering = { commands: ["flush chain ip kubesteer tcp-3"], unusedChains: ["tcp-3"] };

describe("TableWriter", () => {
  it("deletes chains in the transaction that makes them unused", async () => {
    const { writer, transactions } = open({ keepsReferences: false });
    await writer.commit(rendering);
    await writer.sweep();
    assert.deepEqual(transactions, [[...rendering.commands, ...deletion]]);
  });

  it("deletes them with the next sweep on kernels that keep references", async () => {
    const { writer, transactions } = open({ keepsReferences: true });
    await writer.commit(rendering);
    await writer.sweep();
    await writer.sweep();
    assert.deepEqual(transactions, [rendering.commands, deletion]);
  });

  it("sweeps again when the kernel was not ready", async () => {
    const { writer, transactions, answers } = open({ keepsReferences: true });
    answers.push(committed, refused);
    await writer.commit(rendering);
    await writer.sweep();
    await writer.sweep();
    assert.deepEqual(transactions.slice(1), [deletion, deletion]);
  });

  it("keeps chains that are in use again", async () => {
    const { writer, transactions } = open({ keepsReferences: true });
    await writer.commit(rendering);
    writer.keep(["tcp-3"]);
    await writer.sweep();
    assert.deepEqual(transactions, [rendering.commands]);
  });

  it("leaves nothing over from a refused transaction", async () => {
    const { writer, transactions, answers } = open({ keepsReferences: true });
    answers.push(refused);
    await writer.commit(rendering);
    await writer.sweep();
    assert.equal(transactions.length, 1);
  });
});
