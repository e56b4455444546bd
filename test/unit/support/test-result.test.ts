import assert from "node:assert/strict";
import { describeResult, sumResults, type TestResult } from "../../support/test-result.ts";

const unit: TestResult = { passed: 3, failures: [], skips: [{ title: "nft takes it", reason: "no nft" }] };
const packets: TestResult = {
  passed: 1,
  failures: [{ title: "drift is repaired", reason: "not repaired" }],
  skips: [{ title: "IPv6", reason: "no nft" }],
};

describe("the result of several suites", () => {
  it("is one line of sums after all skips and failures, each with its suite", () => {
    const sum = sumResults(
      new Map([
        ["unit", unit],
        ["packets", packets],
      ]),
    );
    assert.deepEqual(describeResult(sum), [
      "skipped 2: no nft",
      "  - unit: nft takes it",
      "  - packets: IPv6",
      "failed: packets: drift is repaired: not repaired",
      "4 passed, 1 failed, 2 skipped",
    ]);
  });
});
