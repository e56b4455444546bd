import assert from "node:assert/strict";
import { runBounded } from "../../../../operator/write/run-bounded.ts";

describe("runBounded", () => {
  it("runs everything once, in order, and never more than allowed at a time", async () => {
    const begun: number[] = [];
    let active = 0;
    let most = 0;
    await runBounded([1, 2, 3, 4, 5, 6, 7], {
      concurrency: 3,
      work: async (item) => {
        begun.push(item);
        most = Math.max(most, (active += 1));
        await Promise.resolve();
        active -= 1;
      },
    });
    assert.deepEqual(begun, [1, 2, 3, 4, 5, 6, 7]);
    assert.equal(most, 3);
  });

  it("is done at once with nothing to do", async () => {
    await runBounded([], { concurrency: 3, work: () => Promise.reject(new Error("called")) });
  });
});
