import assert from "node:assert/strict";
import { rateLimited } from "../../../../platform/async/rate-limited.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

describe("rateLimited", () => {
  it("shares one reading among all callers within ten seconds, also while it runs", async () => {
    const clock = new FakeClock();
    const pending: PromiseWithResolvers<number>[] = [];
    const read = rateLimited(() => {
      const reading = Promise.withResolvers<number>();
      pending.push(reading);
      return reading.promise;
    }, clock);
    assert.equal(pending.length, 0);
    const answers = [read(), read()];
    await clock.advance(9_999);
    answers.push(read());
    pending[0]?.resolve(1);
    assert.deepEqual(await Promise.all(answers), [1, 1, 1]);
    assert.equal(pending.length, 1);
    await clock.advance(1);
    const next = read();
    pending[1]?.resolve(2);
    assert.equal(await next, 2);
  });
});
