import assert from "node:assert/strict";
import * as fc from "fast-check";
import { validateScalar } from "../../../../crds/validation/scalar-rules.ts";
import { cutText } from "../../../../platform/text/cut-text.ts";

const rows: readonly (readonly [rule: string, text: string, maxLength: number, expected: string])[] = [
  ["a short text is unchanged", "abc", 3, "abc"],
  ["a long text ends with an ellipsis", "abcd", 3, "ab…"],
  ["a long text becomes an ellipsis if one character is allowed", "ab", 1, "…"],
  ["a character of two code units counts as one", "a😀b", 3, "a😀b"],
  ["a character of two code units is not cut in half", "a😀bc", 3, "a😀…"],
  ["half a character becomes the replacement character", "a\ud83d", 3, "a\ufffd"],
  ["a half character at the cut does not hide that there is more", "😀😀😀😀😀😀", 2, "😀…"],
  ["an empty text stays empty", "", 1, ""],
];

/** Text with surrogate pairs, halves of pairs in any order, and ordinary characters. */
const anyText = fc
  .array(fc.constantFrom("a", "é", "…", "😀", "\ud83d", "\ude00"), { maxLength: 40 })
  .map((parts) => parts.join(""));

describe("cutText", () => {
  for (const [rule, text, maxLength, expected] of rows) {
    it(rule, () => assert.equal(cutText(text, maxLength), expected));
  }

  it("never leaves half a character, fits a schema's maxLength, and says when it cut", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 45 }), (text, maxLength) => {
        const cut = cutText(text, maxLength);
        assert.ok(cut.isWellFormed());
        assert.deepEqual(validateScalar({ type: "string", maxLength }, cut, "text"), []);
        const wellFormed = text.toWellFormed();
        if (Array.from(wellFormed).length <= maxLength) assert.equal(cut, wellFormed);
        else {
          assert.equal(Array.from(cut).length, maxLength);
          assert.ok(cut.endsWith("…") && wellFormed.startsWith(cut.slice(0, -1)));
        }
      }),
    );
  });
});
