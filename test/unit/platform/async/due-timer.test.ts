import assert from "node:assert/strict";
import { DueTimer } from "../../../../platform/async/due-timer.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

describe("DueTimer", () => {
  let clock: FakeClock;
  let calls: number[];
  let stop: AbortController;
  let wakeUp: DueTimer;

  beforeEach(() => {
    clock = new FakeClock();
    calls = [];
    stop = new AbortController();
    wakeUp = new DueTimer({
      clock,
      signal: stop.signal,
      onDue: () => calls.push(clock.monotonicMs()),
    });
  });

  it("calls once, at the given time", async () => {
    wakeUp.set(500);
    await clock.advance(10_000);
    assert.deepEqual(calls, [500]);
  });

  it("calls at the time that was set last", async () => {
    wakeUp.set(500);
    wakeUp.set(2_000);
    wakeUp.set(1_000);
    await clock.advance(10_000);
    assert.deepEqual(calls, [1_000]);
  });

  it("has no timer while no time is set, and only one after several calls", () => {
    assert.equal(clock.sleepers, 0);
    wakeUp.set(500);
    wakeUp.set(500);
    assert.equal(clock.sleepers, 1);
    wakeUp.set(undefined);
    assert.equal(clock.sleepers, 0);
  });

  it("calls at once if the time has passed, and again for a new time", async () => {
    await clock.advance(1_000);
    wakeUp.set(500);
    await clock.advance(0);
    wakeUp.set(1_500);
    await clock.advance(1_000);
    assert.deepEqual(calls, [1_000, 1_500]);
  });

  it("does not call after the end", async () => {
    wakeUp.set(500);
    stop.abort();
    await clock.advance(1_000);
    assert.deepEqual(calls, []);
    assert.equal(clock.sleepers, 0);
  });
});
