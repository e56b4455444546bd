import assert from "node:assert/strict";
import { nodeProxyKey } from "../../../../operator/plan/write-keys.ts";
import { RetrySchedule } from "../../../../operator/write/retry-schedule.ts";

const a = nodeProxyKey("a");
const b = nodeProxyKey("b");
const now = { nowMs: 0, reason: "connection refused" };

function makeSchedule(): RetrySchedule {
  return new RetrySchedule({ baseDelayMs: 100, maxDelayMs: 300 }, () => 1);
}

describe("RetrySchedule", () => {
  it("lets everything through that has not failed", () => {
    assert.equal(makeSchedule().isDue(a, 0), true);
    assert.equal(makeSchedule().nextDueMs(), undefined);
  });

  it("holds what failed, longer each time up to the maximum, and nothing else", () => {
    const schedule = makeSchedule();
    assert.deepEqual(
      [schedule.failed(a, now), schedule.failed(a, now), schedule.failed(a, now)],
      [100, 200, 300],
    );
    assert.equal(schedule.isDue(a, 299), false);
    assert.equal(schedule.isDue(a, 300), true);
    assert.equal(schedule.isDue(b, 0), true);
  });

  it("starts with the shortest delay again after a success", () => {
    const schedule = makeSchedule();
    schedule.failed(a, now);
    schedule.succeeded(a);
    assert.equal(schedule.isDue(a, 0), true);
    assert.equal(schedule.failed(a, now), 100);
  });

  it("knows why the last attempt failed, until one succeeds", () => {
    const schedule = makeSchedule();
    schedule.failed(a, now);
    schedule.failed(a, { ...now, reason: "forbidden" });
    assert.deepEqual([...schedule.reasons()], [[a, "forbidden"]]);
    schedule.succeeded(a);
    assert.equal(schedule.reasons().size, 0);
  });

  it("forgets what is no longer wanted", () => {
    const schedule = makeSchedule();
    schedule.failed(a, now);
    schedule.failed(b, { ...now, nowMs: 50 });
    assert.equal(schedule.nextDueMs(), 100);
    schedule.retain(new Set([b]));
    assert.equal(schedule.nextDueMs(), 150);
    assert.deepEqual([...schedule.reasons().keys()], [b]);
  });
});
