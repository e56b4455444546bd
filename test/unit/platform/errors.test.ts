import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, firstLine, isMissingFile, TerminalError } from "../../../platform/errors.ts";

describe("firstLine", () => {
  const rows: readonly (readonly [rule: string, text: string, expected: string])[] = [
    ["takes the first line", "one\ntwo\n", "one"],
    ["skips empty lines and trims", "\n \n  one \r\ntwo", "one"],
    ["is empty for an empty text", "", ""],
  ];
  for (const [rule, text, expected] of rows) {
    it(rule, () => assert.equal(firstLine(text), expected));
  }
});

describe("TerminalError", () => {
  it("keeps hint and cause", () => {
    const cause = new Error("ENOENT");
    const error = new TerminalError("cannot read a file", { hint: "Create it.", cause });
    assert.equal(error.hint, "Create it.");
    assert.equal(error.cause, cause);
  });

  it("has no property cause without a cause", () => {
    assert.equal("cause" in new TerminalError("bad", { hint: "Do better." }), false);
  });
});

describe("errorMessage", () => {
  it("is the message of an Error and the text of any other value", () => {
    assert.equal(errorMessage(new Error("broken")), "broken");
    assert.equal(errorMessage("broken"), "broken");
    assert.equal(errorMessage(undefined), "undefined");
  });
});

describe("isMissingFile", () => {
  it("is true only for a file that does not exist", async () => {
    const missing: unknown = await readFile(join(import.meta.dirname, "missing")).catch(
      (error: unknown) => error,
    );
    const directory: unknown = await readFile(import.meta.dirname).catch((error: unknown) => error);
    assert.equal(isMissingFile(missing), true);
    assert.equal(isMissingFile(directory), false);
    assert.equal(isMissingFile(new Error("ENOENT")), false);
  });
});
