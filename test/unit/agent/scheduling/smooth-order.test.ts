import assert from "node:assert/strict";
import * as fc from "fast-check";
import { smoothOrder } from "../../../../agent/scheduling/smooth-order.ts";

const letters = (counts: readonly number[]): string =>
  smoothOrder(counts)
    .map((index) => "abcdef"[index])
    .join("");

const someCounts = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 12 });

describe("smoothOrder", () => {
  const rows: readonly { rule: string; counts: readonly number[]; order: string }[] = [
    { rule: "equal counts are plain turns", counts: [1, 1, 1], order: "abc" },
    { rule: "the example of nginx", counts: [5, 1, 1], order: "aabacaa" },
    { rule: "a large count is interrupted by the small one", counts: [3, 1], order: "aaba" },
    { rule: "two equal ones alternate around a third", counts: [2, 2, 1], order: "abcab" },
    { rule: "count 0 does not occur", counts: [0, 2, 1], order: "bcb" },
    { rule: "no endpoint", counts: [], order: "" },
    { rule: "only zeros", counts: [0, 0], order: "" },
  ];
  for (const { rule, counts, order } of rows) it(rule, () => assert.equal(letters(counts), order));

  it("visits each endpoint exactly as often as its count says", () => {
    fc.assert(
      fc.property(someCounts, (counts) => {
        const order = smoothOrder(counts);
        counts.forEach((count, index) =>
          assert.equal(order.filter((visited) => visited === index).length, count),
        );
      }),
    );
  });

  it("never lets anybody get ahead of or behind its share by more than the number of others", () => {
    fc.assert(
      fc.property(someCounts, (counts) => {
        const order = smoothOrder(counts);
        const visits = counts.map(() => 0);
        for (const [step, index] of order.entries()) {
          visits[index] = (visits[index] ?? 0) + 1;
          for (const [other, count] of counts.entries()) {
            const due = ((step + 1) * count) / order.length;
            assert.ok(Math.abs((visits[other] ?? 0) - due) <= Math.max(1, counts.length - 1));
          }
        }
      }),
    );
  });
});
