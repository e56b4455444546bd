import assert from "node:assert/strict";
import { ConnectionMonitor } from "../../../../../agent/node-services/connections/connection-monitor.ts";
import type { ConnectionCounts } from "../../../../../agent/services/endpoints/endpoint-connections.ts";
import { silentLogger } from "../../../../../platform/log.ts";
import { FakeClock, settle } from "../../../../support/fake-clock.ts";

describe("ConnectionMonitor", () => {
  const clock = new FakeClock();
  let readings: string[];
  let isNeeded: boolean;
  let count: () => Promise<ConnectionCounts>;
  let monitor: ConnectionMonitor;
  let stop: AbortController;
  let ended: Promise<void>;

  beforeEach(() => {
    readings = [];
    isNeeded = false;
    count = () => Promise.resolve(new Map());
    monitor = new ConnectionMonitor({
      count: () => count(),
      isNeeded: () => isNeeded,
      concerns: () => true,
      onReading: (reading) => readings.push(reading.kind === "unavailable" ? reading.reason : reading.kind),
      clock,
      log: silentLogger,
    });
    stop = new AbortController();
    ended = monitor.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await ended;
  });

  async function startNeeding(): Promise<void> {
    isNeeded = true;
    monitor.reconsider();
    await settle();
  }

  it("counts nothing while no Service needs it", async () => {
    await clock.advance(600_000);
    assert.deepEqual(readings, []);
  });

  it("counts at once when the need arises, and every five seconds from then on", async () => {
    await startNeeding();
    assert.equal(readings.length, 1);
    await clock.advance(4_999);
    assert.equal(readings.length, 1);
    await clock.advance(1);
    assert.equal(readings.length, 2);
  });

  it("does not count more often when the need is looked at again and again", async () => {
    await startNeeding();
    for (let look = 0; look < 5; look += 1) monitor.reconsider();
    await clock.advance(4_999);
    assert.equal(readings.length, 1);
  });

  it("says when it is not needed any more, once, and starts again later", async () => {
    await startNeeding();
    isNeeded = false;
    await clock.advance(60_000);
    assert.deepEqual(readings, ["counted", "unneeded"]);
    await startNeeding();
    assert.deepEqual(readings, ["counted", "unneeded", "counted"]);
  });

  it("reports why it cannot count, tries again half a minute later, and continues", async () => {
    count = () => Promise.reject(new Error("no conntrack"));
    await startNeeding();
    await clock.advance(29_999);
    assert.deepEqual(readings, ["no conntrack"]);
    count = () => Promise.resolve(new Map());
    await clock.advance(1);
    assert.deepEqual(readings, ["no conntrack", "counted"]);
  });

  it("reads a slow table less often", async () => {
    count = async () => {
      await clock.sleep(1_000);
      return new Map();
    };
    await startNeeding();
    await clock.advance(1_000);
    assert.equal(readings.length, 1);
    await clock.advance(20_999);
    assert.equal(readings.length, 1);
    await clock.advance(1);
    assert.equal(readings.length, 2);
  });
});
