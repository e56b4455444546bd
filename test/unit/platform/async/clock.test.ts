import assert from "node:assert/strict";
import { systemClock } from "../../../../platform/async/clock.ts";

describe("systemClock", () => {
  it("sleeps and wakes", async () => {
    await systemClock.sleep(1);
  });

  it("wakes at once and without an error when aborted", async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep(3_600_000, stop.signal);
    stop.abort();
    await sleeping;
    await systemClock.sleep(3_600_000, stop.signal);
  });

  it("measures durations with a monotonic clock", () => {
    assert.ok(systemClock.monotonicMs() <= systemClock.monotonicMs());
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 60_000);
  });
});
