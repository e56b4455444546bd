import assert from "node:assert/strict";
import * as fc from "fast-check";
import { relativeWeights } from "../../../../agent/scheduling/relative-weights.ts";

describe("relativeWeights", () => {
  const rows: readonly { rule: string; weights: readonly number[]; expect: readonly number[] }[] = [
    { rule: "equal weights are 1", weights: [7, 7, 7], expect: [1, 1, 1] },
    { rule: "one endpoint has weight 1, whatever it was given", weights: [42], expect: [1] },
    { rule: "weights are divided by what they have in common", weights: [75, 25, 100], expect: [3, 1, 4] },
    { rule: "weights without a common divisor stay", weights: [3, 2], expect: [3, 2] },
    { rule: "0 stays 0 beside others", weights: [0, 4, 2], expect: [0, 2, 1] },
    { rule: "when all are 0 no endpoint is left out", weights: [0, 0], expect: [1, 1] },
    { rule: "no endpoint", weights: [], expect: [] },
  ];
  for (const { rule, weights, expect } of rows) {
    it(rule, () => assert.deepEqual(relativeWeights(weights), expect));
  }

  it("keeps every proportion and does not depend on the unit", () => {
    const weights = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 50 }), (numbers, unit) => {
        const relative = relativeWeights(numbers);
        assert.deepEqual(relativeWeights(numbers.map((weight) => weight * unit)), relative);
        if (numbers.every((weight) => weight === 0)) return;
        const [first = 0, firstRelative = 0] = [numbers[0], relative[0]];
        numbers.forEach((weight, index) => {
          assert.equal(weight * firstRelative, first * (relative[index] ?? NaN));
        });
      }),
    );
  });
});
