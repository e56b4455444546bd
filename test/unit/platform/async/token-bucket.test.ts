import assert from "node:assert/strict";
import { TokenBucket } from "../../../../platform/async/token-bucket.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

describe("TokenBucket", () => {
  it("gives a burst, then one token per interval, and refills up to the burst", async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, burst: 2, refillIntervalMs: 100 });
    const turns: number[] = [];
    const taker = (async () => {
      for (let turn = 0; turn < 4; turn += 1) {
        await bucket.take();
        turns.push(clock.monotonicMs());
      }
      await clock.sleep(10_000);
      for (let turn = 0; turn < 3; turn += 1) {
        await bucket.take();
        turns.push(clock.monotonicMs());
      }
    })();
    await clock.advance(20_000);
    await taker;
    assert.deepEqual(turns, [0, 0, 100, 200, 10_200, 10_200, 10_300]);
  });

  it("stops waiting when aborted", async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, burst: 1, refillIntervalMs: 100 });
    await bucket.take();
    await bucket.take(AbortSignal.abort());
    assert.equal(clock.sleepers, 0);
  });
});
