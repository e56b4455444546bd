import assert from "node:assert/strict";
import { type DriftEvent, DriftGuard } from "../../../../agent/drift/drift-guard.ts";
import type { DriftPolicy } from "../../../../agent/drift/judge-drift.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

const flush = {
  culprit: { processId: 7, name: "nft", command: undefined, startedBy: undefined },
  what: "deleted table ip kubesteer",
};

describe("drift guard", () => {
  let clock: FakeClock;
  let policy: DriftPolicy;
  let guard: DriftGuard;
  let repairs: number[];
  let repair: () => void;
  let events: DriftEvent[];
  let factsChanges: number;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock(Date.UTC(2026, 0, 1));
    policy = "Repair";
    repairs = [];
    repair = () => {};
    events = [];
    factsChanges = 0;
    stop = new AbortController();
    guard = new DriftGuard({
      mode: "nftables",
      policy: () => policy,
      requestRepair: () => {
        repairs.push(clock.monotonicMs());
        queueMicrotask(repair);
      },
      onEvent: (event) => events.push(event),
      onFactsChange: () => (factsChanges += 1),
      metrics: { countChange: () => {}, countRepair: () => {} },
      clock,
      log: silentLogger,
    });
    running = guard.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await running;
  });

  it("has a change repaired at once and reports when it is", async () => {
    guard.onForeignChange(flush);
    await settle();
    assert.deepEqual(repairs, [0]);
    assert.deepEqual(events, []);
    guard.onRestored();
    assert.deepEqual(events, [
      {
        type: "Warning",
        reason: "DriftRepaired",
        message: "nft (process 7) deleted table ip kubesteer. It is repaired.",
      },
    ]);
    assert.deepEqual(guard.facts().status, {
      detectedTotal: 1,
      lastAt: "2026-01-01T00:00:00Z",
      lastCulprit: "nft (process 7)",
    });
  });

  it("asks once for all that happens until the repair", async () => {
    for (let count = 0; count < 100; count += 1) guard.onForeignChange(flush);
    await clock.advance(120_000);
    assert.deepEqual(repairs, [0]);
    assert.equal(guard.facts().status.detectedTotal, 100);
  });

  it("waits longer and longer if the changes do not stop", async () => {
    repair = () => guard.onRestored();
    for (let round = 0; round < 1_000; round += 1) {
      guard.onForeignChange(flush);
      await clock.advance(100);
    }
    assert.deepEqual(repairs, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
    assert.equal(guard.facts().condition.reason, "RepeatedChanges");
  });

  it("says that a fight is over when it is", async () => {
    for (const waitMs of [0, 1_000, 2_000]) {
      guard.onForeignChange(flush);
      await clock.advance(waitMs);
      guard.onRestored();
    }
    const before = factsChanges;
    await clock.advance(59_000);
    assert.equal(factsChanges, before);
    await clock.advance(1_000);
    assert.equal(factsChanges, before + 1);
    assert.equal(guard.facts().condition.status, "False");
  });

  it("with policy Report reports the first change only and repairs nothing", async () => {
    policy = "Report";
    guard.onForeignChange(flush);
    guard.onForeignChange(flush);
    await clock.advance(60_000);
    assert.deepEqual(repairs, []);
    assert.deepEqual(
      events.map(({ reason }) => reason),
      ["DriftDetected"],
    );
  });

  it("repairs what was only reported when the policy becomes Repair", async () => {
    policy = "Report";
    guard.onForeignChange(flush);
    await clock.advance(5_000);
    policy = "Repair";
    guard.reconsider();
    await settle();
    assert.deepEqual(repairs, [5_000]);
  });

  it("reports once that it cannot listen, and when it can again", () => {
    for (let count = 0; count < 3; count += 1) guard.onWatchChange("socat is not installed");
    assert.equal(factsChanges, 1);
    assert.equal(guard.facts().condition.reason, "NotWatched");
    guard.onWatchChange(undefined);
    guard.onWatchChange(undefined);
    assert.equal(factsChanges, 2);
    assert.equal(guard.facts().condition.reason, "InStep");
  });

  it("does not tell that nothing was to be repaired", () => {
    guard.onRestored();
    assert.deepEqual(events, []);
    assert.equal(factsChanges, 0);
  });
});
