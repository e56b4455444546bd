import assert from "node:assert/strict";
import { LatencyWindow } from "../../../../agent/sync/latency-window.ts";

describe("latency window", () => {
  it("has no percentiles before the first measurement", () => {
    assert.equal(new LatencyWindow().percentiles(), undefined);
  });

  it("one measurement is every percentile", () => {
    const window = new LatencyWindow();
    window.add(7);
    assert.deepEqual(window.percentiles(), { p50Milliseconds: 7, p99Milliseconds: 7 });
  });

  it("percentiles are nearest-rank and sort numbers, not texts", () => {
    const window = new LatencyWindow();
    for (let value = 100; value >= 1; value -= 1) window.add(value);
    assert.deepEqual(window.percentiles(), { p50Milliseconds: 50, p99Milliseconds: 99 });
  });

  it("is no more exact than a clock", () => {
    const window = new LatencyWindow();
    window.add(90.79524200000014);
    assert.deepEqual(window.percentiles(), { p50Milliseconds: 90.795, p99Milliseconds: 90.795 });
  });

  it("old measurements leave the window", () => {
    const window = new LatencyWindow(2);
    for (const value of [1000, 1, 2]) window.add(value);
    assert.deepEqual(window.percentiles(), { p50Milliseconds: 1, p99Milliseconds: 2 });
  });
});
