import assert from "node:assert/strict";
import { WakeSignal } from "../../../../platform/async/wake-signal.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

describe("WakeSignal", () => {
  let clock: FakeClock;
  let wakeSignal: WakeSignal;
  let stop: AbortController;

  beforeEach(() => {
    clock = new FakeClock();
    wakeSignal = new WakeSignal(clock);
    stop = new AbortController();
  });

  /** Whether a wait of `ms` has ended, once everything has settled. */
  async function startWaiting(ms: number): Promise<() => Promise<boolean>> {
    const wait = wakeSignal.wait(ms, stop.signal).then(() => true);
    await settle();
    return () => Promise.race([wait, settle().then(() => false)]);
  }

  it("a wait ends after its timeout", async () => {
    const ended = await startWaiting(100);
    await clock.advance(99);
    assert.equal(await ended(), false);
    await clock.advance(1);
    assert.equal(await ended(), true);
  });

  it("a wake ends the wait", async () => {
    const ended = await startWaiting(100);
    wakeSignal.wake();
    assert.equal(await ended(), true);
  });

  it("a wake while nothing waits is kept for the next wait only", async () => {
    wakeSignal.wake();
    wakeSignal.wake();
    assert.equal(await (await startWaiting(100))(), true);
    assert.equal(await (await startWaiting(100))(), false);
  });

  it("a wait without a timeout takes an hour, because timers cannot take longer", async () => {
    const ended = await startWaiting(Infinity);
    await clock.advance(3_600_000);
    assert.equal(await ended(), true);
  });

  it("an abort ends the wait, before or during it", async () => {
    const ended = await startWaiting(100);
    stop.abort();
    assert.equal(await ended(), true);
    assert.equal(await (await startWaiting(100))(), true);
  });
});
