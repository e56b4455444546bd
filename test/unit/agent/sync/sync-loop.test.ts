import assert from "node:assert/strict";
import { TerminalError } from "../../../../platform/errors.ts";
import { settle } from "../../../support/fake-clock.ts";
import { LoopUnderTest } from "./loop-under-test.ts";

const shortBreak = { minPeriodMilliseconds: 500, fullResyncPeriodSeconds: 60 };

describe("sync loop", () => {
  let node: LoopUnderTest;

  beforeEach(() => {
    node = new LoopUnderTest();
  });

  afterEach(() => node.stop());

  it("nothing is written before the settings are known", async () => {
    node.start();
    node.change("ns/a");
    await node.clock.advance(100_000);
    assert.deepEqual(node.dataplane.calls, []);
  });

  it("nothing is written before the first lists are complete", async () => {
    node.ready = false;
    node.start();
    node.applySettings("r1");
    await node.clock.advance(100_000);
    assert.deepEqual(node.dataplane.calls, []);
    node.ready = true;
    node.loop.requestSync();
    await settle();
    assert.deepEqual(node.kinds(), ["full"]);
  });

  it("a change after idle time is synced at once and partially", async () => {
    await node.startSynced();
    node.change("ns/a");
    await settle();
    assert.deepEqual(node.dataplane.syncs[1], { kind: "partial", services: new Set(["ns/a"]) });
  });

  it("changes during a sync are merged into one more sync", async () => {
    await node.startSynced();
    const release = node.dataplane.hold();
    node.change("ns/a");
    await settle();
    node.change("ns/b");
    node.change("ns/c");
    await settle();
    assert.equal(node.dataplane.syncs.length, 2);
    release();
    await settle();
    assert.deepEqual(node.dataplane.syncs[2], { kind: "partial", services: new Set(["ns/b", "ns/c"]) });
    assert.equal(node.dataplane.mostAtOnce, 1);
  });

  it("an event that changes nothing does not reach the kernel", async () => {
    await node.startSynced();
    node.loop.requestSync();
    await settle();
    assert.equal(node.dataplane.syncs.length, 1);
    assert.equal(node.loop.oldestChangeMs(), undefined);
  });

  it("the kernel is in step after a sync, also without one where nothing differs, and not after a failure", async () => {
    await node.startSynced();
    assert.equal(node.timesInStep, 1);
    node.loop.requestSync();
    await settle();
    assert.deepEqual([node.dataplane.syncs.length, node.timesInStep], [1, 2]);
    node.dataplane.failures.push(new Error("nft: no"));
    node.change("ns/a");
    await settle();
    assert.deepEqual([node.dataplane.syncs.length, node.timesInStep], [2, 2]);
  });

  it("new settings are applied although no Service changes", async () => {
    await node.startSynced();
    node.applySettings("r2");
    await settle();
    assert.equal(node.dataplane.syncs.length, 2);
    assert.equal(node.outcomes.at(-1)?.settings.revision, "r2");
  });

  it("the shortest period lies between the end of a sync and the start of the next", async () => {
    await node.startSynced({ sync: shortBreak });
    await node.clock.advance(100);
    node.change("ns/a");
    await node.clock.advance(399);
    assert.equal(node.dataplane.syncs.length, 1);
    await node.clock.advance(1);
    assert.equal(node.dataplane.syncs.length, 2);
  });

  it("all Services are synced again after the full resync period", async () => {
    await node.startSynced({ sync: shortBreak });
    await node.clock.advance(59_999);
    assert.deepEqual(node.kinds(), ["full"]);
    await node.clock.advance(1);
    assert.deepEqual(node.kinds(), ["full", "full"]);
  });

  it("after a failure the next sync is full, with doubling back-off up to 30 s", async () => {
    await node.startSynced();
    node.dataplane.failures.push(...Array.from({ length: 7 }, () => new Error("nft: no")));
    node.change("ns/a");
    await settle();
    const delays: number[] = [];
    for (let syncs = 2; syncs <= 8; syncs += 1) {
      const startMs = node.clock.monotonicMs();
      while (node.dataplane.syncs.length === syncs) await node.clock.advance(100);
      delays.push(node.clock.monotonicMs() - startMs);
    }
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert.deepEqual(node.kinds().slice(1), ["partial", ...Array.from({ length: 7 }, () => "full")]);
    assert.equal(node.outcomes.at(-1)?.kind, "success");
  });

  it("changes do not shorten the back-off", async () => {
    await node.startSynced();
    node.dataplane.failures.push(new Error("nft: no"));
    node.change("ns/a");
    await node.clock.advance(999);
    node.change("ns/b");
    await settle();
    assert.equal(node.dataplane.syncs.length, 2);
    await node.clock.advance(1);
    assert.deepEqual(node.kinds(), ["full", "partial", "full"]);
  });

  it("new settings are tried at once after a failure, in full", async () => {
    await node.startSynced();
    node.dataplane.failures.push(new Error("nft: no"));
    node.change("ns/a");
    await settle();
    node.applySettings("r2");
    await settle();
    assert.deepEqual(node.kinds(), ["full", "partial", "full"]);
  });

  it("settings that arrive during a sync that fails do not wait", async () => {
    await node.startSynced();
    const release = node.dataplane.hold();
    node.dataplane.failures.push(new Error("nft: no"));
    node.change("ns/a");
    await settle();
    node.applySettings("r2");
    release();
    await settle();
    assert.deepEqual(node.kinds(), ["full", "partial", "full"]);
    assert.equal(node.outcomes.at(-1)?.settings.revision, "r2");
  });

  it("a failure says what to do where the error knows", async () => {
    await node.startSynced();
    node.dataplane.failures.push(new TerminalError("no CAP_NET_ADMIN", { hint: "Add it to the container" }));
    node.change("ns/a");
    await settle();
    const outcome = node.outcomes.at(-1);
    assert.equal(outcome?.kind === "failure" && outcome.message, "no CAP_NET_ADMIN. Add it to the container");
  });

  it("the oldest change waits until it is in the kernel, also through failures", async () => {
    await node.startSynced();
    node.dataplane.failures.push(new Error("nft: no"));
    node.change("ns/a");
    await node.clock.advance(400);
    assert.equal(node.loop.oldestChangeMs(), 400);
    node.change("ns/b");
    assert.equal(node.loop.oldestChangeMs(), 400);
    await node.clock.advance(600);
    assert.equal(node.loop.oldestChangeMs(), undefined);
  });

  it("the latency of a change is from its event to the kernel; start-up is none", async () => {
    await node.startSynced({ sync: shortBreak });
    node.change("ns/a");
    await node.clock.advance(500);
    const latencies = node.outcomes.map((outcome) => outcome.kind === "success" && outcome.changeLatencyMs);
    assert.deepEqual(latencies, [undefined, 500]);
  });

  it("time in which syncs fail is no latency, also of what comes meanwhile and with new settings", async () => {
    await node.startSynced();
    node.dataplane.failures.push(new Error("nft: no"), new Error("nft: no"));
    node.change("ns/a");
    await node.clock.advance(500);
    node.change("ns/b");
    await node.clock.advance(100);
    node.applySettings("r2");
    await node.clock.advance(2_000);
    node.change("ns/c");
    await node.clock.advance(0);
    const latencies = node.outcomes.map((outcome) =>
      outcome.kind === "success" ? outcome.changeLatencyMs : "failed",
    );
    assert.deepEqual(latencies, [undefined, "failed", "failed", undefined, 0]);
  });

  it("trigger times of changes before the first sync are not passed on", async () => {
    node.triggerTimes = [5];
    await node.startSynced();
    node.triggerTimes = [7];
    node.change("ns/a");
    await settle();
    const times = node.outcomes.map((outcome) => outcome.kind === "success" && outcome.triggerTimes);
    assert.deepEqual(times, [[], [7]]);
  });

  it("stopping leaves the kernel alone", async () => {
    await node.startSynced();
    await node.stop();
    assert.deepEqual(node.dataplane.calls, ["missingRequirements", "refill"]);
  });
});
