import assert from "node:assert/strict";
import { describeSelector } from "../../../../../operator/plan/ownership/describe-selector.ts";

describe("describeSelector", () => {
  it("is empty for a selector that selects everything", () => {
    assert.equal(describeSelector({}), "");
  });

  it("writes labels and expressions in kubectl's form", () => {
    const selector = {
      matchLabels: { pool: "edge", tier: "1" },
      matchExpressions: [
        { key: "zone", operator: "In", values: ["a", "b"] },
        { key: "zone", operator: "NotIn", values: ["c"] },
        { key: "gpu", operator: "Exists" },
        { key: "spare", operator: "DoesNotExist" },
      ],
    } as const;
    assert.equal(describeSelector(selector), "pool=edge,tier=1,zone in (a, b),zone notin (c),gpu,!spare");
  });
});
