import * as fc from "fast-check";
import assert from "node:assert/strict";
import { backoffDelayMs } from "../../../../platform/async/backoff.ts";

const limits = { baseDelayMs: 200, maxDelayMs: 30_000 };

describe("backoffDelayMs", () => {
  it("doubles from the base up to the maximum", () => {
    const delays = [1, 2, 3, 8, 9, 2_000].map((failures) => backoffDelayMs(failures, limits, () => 1));
    assert.deepEqual(delays, [200, 400, 800, 25_600, 30_000, 30_000]);
  });

  it("is randomly between half of that delay and all of it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, chance) => {
          const full = backoffDelayMs(failures, limits, () => 1);
          const delay = backoffDelayMs(failures, limits, () => chance);
          assert.ok(delay >= full / 2 && delay <= full);
        },
      ),
    );
  });
});
