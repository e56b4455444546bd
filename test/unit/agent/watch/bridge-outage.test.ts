import assert from "node:assert/strict";
import { bridgeOutage } from "../../../../agent/watch/bridge-outage.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

describe("an outage of the API server at the start", () => {
  let clock: FakeClock;
  let stop: AbortController;
  let isWaiting: boolean;
  let hasRules: boolean;
  let stored: string | undefined;
  let served: string[];

  beforeEach(() => {
    clock = new FakeClock();
    stop = new AbortController();
    isWaiting = true;
    hasRules = false;
    stored = "stored";
    served = [];
  });
  afterEach(() => stop.abort());

  function start(): Promise<void> {
    return bridgeOutage({
      isWaiting: () => isWaiting,
      hasRules: () => Promise.resolve(hasRules),
      read: () => Promise.resolve(stored),
      serve: (what) => served.push(what),
      clock,
      signal: stop.signal,
    });
  }

  it("a node without rules serves what is stored after two seconds, once", async () => {
    const ended = start();
    await clock.advance(1_999);
    assert.deepEqual(served, []);
    await clock.advance(1);
    await ended;
    await clock.advance(60_000);
    assert.deepEqual(served, ["stored"]);
  });

  it("an API server that answers in time makes it needless", async () => {
    const ended = start();
    isWaiting = false;
    await clock.advance(2_000);
    await ended;
    assert.deepEqual(served, []);
  });

  it("existing rules stay until another process removes them", async () => {
    hasRules = true;
    const ended = start();
    await clock.advance(60_000);
    assert.deepEqual(served, []);
    hasRules = false;
    await clock.advance(5_000);
    await ended;
    assert.deepEqual(served, ["stored"]);
  });

  it("with nothing stored there is nothing to do", async () => {
    stored = undefined;
    const ended = start();
    await clock.advance(2_000);
    await ended;
    assert.deepEqual(served, []);
  });

  it("ends when the agent does", async () => {
    hasRules = true;
    const ended = start();
    await clock.advance(10_000);
    stop.abort();
    await ended;
  });
});
