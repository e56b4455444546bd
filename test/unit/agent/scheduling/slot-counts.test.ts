import assert from "node:assert/strict";
import * as fc from "fast-check";
import { slotCounts } from "../../../../agent/scheduling/slot-counts.ts";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const weights = fc
  .array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 1_500 })
  .filter((numbers) => sum(numbers) > 0);

describe("slotCounts", () => {
  const rows: readonly { rule: string; weights: readonly number[]; counts: readonly number[] }[] = [
    { rule: "one slot each for equal weights", weights: [1, 1, 1], counts: [1, 1, 1] },
    { rule: "as many slots as weight", weights: [3, 1], counts: [3, 1] },
    { rule: "no slot for weight 0", weights: [0, 1], counts: [0, 1] },
    { rule: "exactly up to 1024 slots", weights: [1_023, 1], counts: [1_023, 1] },
    { rule: "rounded down above", weights: [1_000, 997], counts: [512, 511] },
    { rule: "never none for a small weight", weights: [9_999, 1], counts: [1_023, 1] },
  ];
  for (const { rule, weights, counts } of rows) it(rule, () => assert.deepEqual(slotCounts(weights), counts));

  it("is bounded, and each share is right within a slot", () => {
    fc.assert(
      fc.property(weights, (numbers) => {
        const counts = slotCounts(numbers);
        const bound = Math.max(1_024, numbers.length * 2);
        assert.ok(sum(counts) <= bound + numbers.length);
        const total = sum(numbers);
        for (const [index, weight] of numbers.entries()) {
          // Multiplied before it is divided: a share that is a whole number must come out as one.
          const exact = total <= bound ? weight : (weight * bound) / total;
          const count = counts[index] ?? NaN;
          if (weight === 0) assert.equal(count, 0);
          else assert.ok(count === Math.max(1, Math.floor(exact)) && Math.abs(count - exact) < 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});
