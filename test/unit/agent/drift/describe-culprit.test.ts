import assert from "node:assert/strict";
import type { Culprit } from "../../../../agent/dataplane/foreign-change.ts";
import { describeCulprit } from "../../../../agent/drift/describe-culprit.ts";

const nft: Culprit = { processId: 7, name: "nft", command: undefined, startedBy: undefined };
const rows: readonly (readonly [name: string, culprit: Culprit | undefined, text: string])[] = [
  ["an unknown process", undefined, "An unknown process"],
  ["a process that has ended", nft, "nft (process 7)"],
  ["a command", { ...nft, command: "nft flush ruleset" }, "nft (process 7: nft flush ruleset)"],
  ["who started it", { ...nft, startedBy: "sh ./run" }, "nft (process 7: started by sh ./run)"],
  [
    "a command and who started it",
    { ...nft, command: "nft -f x", startedBy: "sh ./run" },
    "nft (process 7: nft -f x; started by sh ./run)",
  ],
  ["a command in one line", { ...nft, command: "nft\n\u001B[31mx" }, "nft (process 7: nft [31mx)"],
];

describe("describe culprit", () => {
  for (const [name, culprit, text] of rows) {
    it(`names ${name}`, () => assert.equal(describeCulprit(culprit), text));
  }

  it("fits the schema of the status", () => {
    const long = "x".repeat(5_000);
    assert.ok(describeCulprit({ ...nft, command: long, startedBy: long }).length <= 512);
  });
});
