import assert from "node:assert/strict";
import { cutText } from "../../../../platform/text/cut-text.ts";

const rows: readonly (readonly [rule: string, text: string, maxLength: number, expected: string])[] = [
  ["what fits stays", "abc", 3, "abc"],
  ["what is too long is cut", "abcd", 3, "abc"],
  ["a character of two code units is not cut in half", "ab😀", 3, "ab"],
  ["it stays where it fits", "ab😀c", 4, "ab😀"],
];

describe("cutText", () => {
  for (const [rule, text, maxLength, expected] of rows) {
    it(rule, () => assert.equal(cutText(text, maxLength), expected));
  }
});
