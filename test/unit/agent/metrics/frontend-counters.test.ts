import assert from "node:assert/strict";
import { FrontendCounters } from "../../../../agent/metrics/frontend-counters.ts";
import type { FrontendCount } from "../../../../agent/dataplane/dataplane.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { parsePort } from "../../../support/make-desired-state.ts";

describe("frontend counters", () => {
  let clock: FakeClock;
  let reads: number;
  let failure: Error | undefined;
  let counters: FrontendCounters;

  beforeEach(() => {
    clock = new FakeClock();
    reads = 0;
    failure = undefined;
    counters = new FrontendCounters({ read, clock });
  });

  function read(): Promise<readonly FrontendCount[]> {
    reads += 1;
    if (failure !== undefined) return Promise.reject(failure);
    const address = parseIpAddress("10.96.0.1");
    return Promise.resolve([{ address, protocol: "UDP", port: parsePort(53), connections: reads }]);
  }

  it("reads nothing until the first request", () => assert.equal(reads, 0));

  it("counts connections by protocol, address and port", async () => {
    const { at, counts } = await counters.reading();
    assert.equal(at, clock.now());
    assert.deepEqual([...counts], [["UDP 10.96.0.1 53", 1]]);
  });

  it("reads once in ten seconds, however many ask", async () => {
    await Promise.all([counters.reading(), counters.reading()]);
    await clock.advance(9_999);
    await counters.reading();
    assert.equal(reads, 1);
    await clock.advance(1);
    const { counts } = await counters.reading();
    assert.deepEqual([...counts.values()], [2]);
  });

  it("keeps a failure as long, then tries again", async () => {
    failure = new Error("no nft");
    await assert.rejects(counters.reading(), /no nft/);
    failure = undefined;
    await assert.rejects(counters.reading(), /no nft/);
    await clock.advance(10_000);
    await counters.reading();
    assert.equal(reads, 2);
  });
});
