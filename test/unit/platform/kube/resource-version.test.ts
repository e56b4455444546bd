import assert from "node:assert/strict";
import { isAtLeast } from "../../../../platform/kube/resource-version.ts";

const rows: readonly (readonly [rule: string, version: string, other: string, expected: boolean])[] = [
  ["a higher number is newer", "10", "9", true],
  ["a lower number is older", "9", "10", false],
  ["the same is as new", "10", "10", true],
  ["large numbers are compared exactly", "9007199254740992", "9007199254740993", false],
  ["a version that is not a number counts as new", "abc", "5", true],
  ["no version is older than one that is not a number", "5", "abc", true],
];

describe("isAtLeast", () => {
  for (const [rule, version, other, expected] of rows) {
    it(rule, () => assert.equal(isAtLeast(version, other), expected));
  }
});
