import assert from "node:assert/strict";
import { RetrySchedule } from "../../../../operator/write/retry-schedule.ts";

function makeSchedule(): RetrySchedule {
  return new RetrySchedule({ baseDelayMs: 100, maxDelayMs: 300 }, () => 1);
}

describe("RetrySchedule", () => {
  it("lets everything through that has not failed", () => {
    assert.equal(makeSchedule().isDue("a", 0), true);
    assert.equal(makeSchedule().nextDueMs(), undefined);
  });

  it("holds what failed, longer each time up to the maximum, and nothing else", () => {
    const schedule = makeSchedule();
    assert.deepEqual(
      [schedule.failed("a", 0), schedule.failed("a", 0), schedule.failed("a", 0)],
      [100, 200, 300],
    );
    assert.equal(schedule.isDue("a", 299), false);
    assert.equal(schedule.isDue("a", 300), true);
    assert.equal(schedule.isDue("b", 0), true);
  });

  it("begins anew after a success", () => {
    const schedule = makeSchedule();
    schedule.failed("a", 0);
    schedule.succeeded("a");
    assert.equal(schedule.isDue("a", 0), true);
    assert.equal(schedule.failed("a", 0), 100);
  });

  it("tells the next attempt of all, and forgets what is no longer asked for", () => {
    const schedule = makeSchedule();
    schedule.failed("a", 50);
    schedule.failed("b", 0);
    assert.equal(schedule.nextDueMs(), 100);
    schedule.retain(new Set(["a"]));
    assert.equal(schedule.nextDueMs(), 150);
  });
});
