import assert from "node:assert/strict";
import type { NodeProxyConfig } from "../../../../crds/api.ts";
import { OutOfStepError } from "../../../../agent/dataplane/dataplane.ts";
import type { DesiredState, ServiceName } from "../../../../agent/services/desired-state.ts";
import { ModeSwitch } from "../../../../agent/sync/mode-switch.ts";
import { ModeRouter } from "../../../../agent/sync/router.ts";
import { SyncLoop } from "../../../../agent/sync/sync-loop.ts";
import type { SyncOutcome } from "../../../../agent/sync/sync-outcome.ts";
import { TerminalError } from "../../../../platform/errors.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import { makeDesiredService, makeDesiredState } from "../../../support/make-desired-state.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";
import { makeServiceName } from "../../../support/make-sync-outcome.ts";

const shortBreak = { minPeriodMilliseconds: 500, fullResyncPeriodSeconds: 60 };

describe("sync loop", () => {
  let clock: FakeClock;
  let dataplane: FakeDataplane;
  let desired: DesiredState;
  let changed: Set<ServiceName>;
  let triggerTimes: number[];
  let outcomes: SyncOutcome[];
  let timesInStep: number;
  let refilled: readonly string[];
  let ready: boolean;
  let loop: SyncLoop;
  let stop: AbortController;
  let running: Promise<void>;

  function start(...others: readonly FakeDataplane[]): void {
    const runners = makeRunners(dataplane, ...others);
    loop = new SyncLoop({
      takeChanges() {
        const services = changed;
        changed = new Set();
        return { desired, scope: { kind: "partial", services }, triggerTimes };
      },
      isReady: () => ready,
      modes: new ModeSwitch({ runners, log: silentLogger }),
      router: new ModeRouter({ runners, clock, log: silentLogger, random: () => 1 }),
      onOutcome: (outcome) => outcomes.push(outcome),
      onInStep(last) {
        timesInStep += 1;
        refilled = [...last.refilled];
      },
      clock,
      random: () => 1,
    });
    running = loop.run(stop.signal);
  }

  function applySettings(revision: string, config: Partial<NodeProxyConfig> = {}): void {
    loop.setSettings(makeNodeProxySpec({ revision, config }));
  }

  function change(...services: readonly string[]): void {
    for (const service of services) changed.add(makeServiceName(service));
    loop.requestSync();
  }

  function kinds(): readonly string[] {
    return dataplane.syncs.map(({ kind }) => kind);
  }

  /** Starts with settings and lets the first sync end. */
  async function startSynced(config: Partial<NodeProxyConfig> = {}): Promise<void> {
    start();
    applySettings("r1", config);
    await settle();
    assert.deepEqual(kinds(), ["full"]);
  }

  beforeEach(() => {
    clock = new FakeClock();
    dataplane = new FakeDataplane();
    desired = makeDesiredState([]);
    changed = new Set();
    triggerTimes = [];
    outcomes = [];
    timesInStep = 0;
    refilled = [];
    ready = true;
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await running;
  });

  it("nothing is written before the settings are known", async () => {
    start();
    change("ns/a");
    await clock.advance(100_000);
    assert.deepEqual(dataplane.calls, []);
  });

  it("nothing is written before the first lists are complete", async () => {
    ready = false;
    start();
    applySettings("r1");
    await clock.advance(100_000);
    assert.deepEqual(dataplane.calls, []);
    ready = true;
    loop.requestSync();
    await settle();
    assert.deepEqual(kinds(), ["full"]);
  });

  it("a change after idle time is synced at once and partially", async () => {
    await startSynced();
    change("ns/a");
    await settle();
    assert.deepEqual(dataplane.syncs[1], { kind: "partial", services: new Set(["ns/a"]) });
  });

  it("changes during a sync are merged into one more sync", async () => {
    await startSynced();
    const release = dataplane.hold();
    change("ns/a");
    await settle();
    change("ns/b");
    change("ns/c");
    await settle();
    assert.equal(dataplane.syncs.length, 2);
    release();
    await settle();
    assert.deepEqual(dataplane.syncs[2], { kind: "partial", services: new Set(["ns/b", "ns/c"]) });
    assert.equal(dataplane.mostAtOnce, 1);
  });

  it("an event that changes nothing does not reach the kernel", async () => {
    await startSynced();
    loop.requestSync();
    await settle();
    assert.equal(dataplane.syncs.length, 1);
    assert.equal(loop.oldestChangeMs(), undefined);
  });

  it("the kernel is in step after a sync, also without one where nothing differs, and not after a failure", async () => {
    await startSynced();
    assert.equal(timesInStep, 1);
    loop.requestSync();
    await settle();
    assert.deepEqual([dataplane.syncs.length, timesInStep], [1, 2]);
    dataplane.failures.push(new Error("nft: no"));
    change("ns/a");
    await settle();
    assert.deepEqual([dataplane.syncs.length, timesInStep], [2, 2]);
  });

  it("what may have passed without rules is told after a full sync, also where only a part was asked for", async () => {
    await startSynced();
    assert.deepEqual(refilled, ["nftables"]);
    loop.requestSync();
    await settle();
    assert.deepEqual(refilled, []);
    change("ns/a");
    await settle();
    assert.deepEqual([kinds(), refilled], [["full", "partial"], []]);
    dataplane.failures.push(new OutOfStepError("the table is gone"));
    change("ns/a");
    await settle();
    assert.deepEqual([kinds(), refilled], [["full", "partial", "partial", "full"], ["nftables"]]);
    assert.equal(outcomes.at(-1)?.scope, "full");
  });

  it("new settings are applied although no Service changes", async () => {
    await startSynced();
    applySettings("r2");
    await settle();
    assert.equal(dataplane.syncs.length, 2);
    assert.equal(outcomes.at(-1)?.settings.revision, "r2");
  });

  it("the shortest period lies between the end of a sync and the start of the next", async () => {
    await startSynced({ sync: shortBreak });
    await clock.advance(100);
    change("ns/a");
    await clock.advance(399);
    assert.equal(dataplane.syncs.length, 1);
    await clock.advance(1);
    assert.equal(dataplane.syncs.length, 2);
  });

  it("all Services are synced again after the full resync period", async () => {
    await startSynced({ sync: shortBreak });
    await clock.advance(59_999);
    assert.deepEqual(kinds(), ["full"]);
    await clock.advance(1);
    assert.deepEqual(kinds(), ["full", "full"]);
  });

  it("after a failure the next sync is full, with doubling back-off up to 30 s", async () => {
    await startSynced();
    dataplane.failures.push(...Array.from({ length: 7 }, () => new Error("nft: no")));
    change("ns/a");
    await settle();
    const delays: number[] = [];
    for (let syncs = 2; syncs <= 8; syncs += 1) {
      const startMs = clock.monotonicMs();
      while (dataplane.syncs.length === syncs) await clock.advance(100);
      delays.push(clock.monotonicMs() - startMs);
    }
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    assert.deepEqual(kinds().slice(1), ["partial", ...Array.from({ length: 7 }, () => "full")]);
    assert.equal(outcomes.at(-1)?.kind, "success");
  });

  it("changes do not shorten the back-off", async () => {
    await startSynced();
    dataplane.failures.push(new Error("nft: no"));
    change("ns/a");
    await clock.advance(999);
    change("ns/b");
    await settle();
    assert.equal(dataplane.syncs.length, 2);
    await clock.advance(1);
    assert.deepEqual(kinds(), ["full", "partial", "full"]);
  });

  it("new settings are tried at once after a failure, in full", async () => {
    await startSynced();
    dataplane.failures.push(new Error("nft: no"));
    change("ns/a");
    await settle();
    applySettings("r2");
    await settle();
    assert.deepEqual(kinds(), ["full", "partial", "full"]);
  });

  it("settings that arrive during a sync that fails do not wait", async () => {
    await startSynced();
    const release = dataplane.hold();
    dataplane.failures.push(new Error("nft: no"));
    change("ns/a");
    await settle();
    applySettings("r2");
    release();
    await settle();
    assert.deepEqual(kinds(), ["full", "partial", "full"]);
    assert.equal(outcomes.at(-1)?.settings.revision, "r2");
  });

  it("a failure tells what to do where the error knows", async () => {
    await startSynced();
    dataplane.failures.push(new TerminalError("no CAP_NET_ADMIN", { hint: "Add it to the container" }));
    change("ns/a");
    await settle();
    const outcome = outcomes.at(-1);
    assert.equal(outcome?.kind === "failure" && outcome.message, "no CAP_NET_ADMIN. Add it to the container");
  });

  it("the oldest change waits until it is in the kernel, also through failures", async () => {
    await startSynced();
    dataplane.failures.push(new Error("nft: no"));
    change("ns/a");
    await clock.advance(400);
    assert.equal(loop.oldestChangeMs(), 400);
    change("ns/b");
    assert.equal(loop.oldestChangeMs(), 400);
    await clock.advance(600);
    assert.equal(loop.oldestChangeMs(), undefined);
  });

  it("the latency of a change is from its event to the kernel; start-up is none", async () => {
    await startSynced({ sync: shortBreak });
    change("ns/a");
    await clock.advance(500);
    const latencies = outcomes.map((outcome) => outcome.kind === "success" && outcome.changeLatencyMs);
    assert.deepEqual(latencies, [undefined, 500]);
  });

  it("time in which syncs fail is no latency, also of what comes meanwhile and with new settings", async () => {
    await startSynced();
    dataplane.failures.push(new Error("nft: no"), new Error("nft: no"));
    change("ns/a");
    await clock.advance(500);
    change("ns/b");
    await clock.advance(100);
    applySettings("r2");
    await clock.advance(2_000);
    change("ns/c");
    await clock.advance(0);
    const latencies = outcomes.map((outcome) =>
      outcome.kind === "success" ? outcome.changeLatencyMs : "failed",
    );
    assert.deepEqual(latencies, [undefined, "failed", "failed", undefined, 0]);
  });

  it("trigger times of changes before the first sync are not passed on", async () => {
    triggerTimes = [5];
    await startSynced();
    triggerTimes = [7];
    change("ns/a");
    await settle();
    const times = outcomes.map((outcome) => outcome.kind === "success" && outcome.triggerTimes);
    assert.deepEqual(times, [[], [7]]);
  });

  it("without a usable mode the kernel is not touched, and the node is looked at again", async () => {
    dataplane.missing = ["nft 1.0.1 or newer"];
    start();
    applySettings("r1");
    await settle();
    assert.deepEqual(dataplane.syncs, []);
    const outcome = outcomes[0];
    assert.equal(outcome?.kind === "failure" && outcome.reason, "ModeUnsupported");
    dataplane.missing = [];
    await clock.advance(1_000);
    assert.deepEqual(kinds(), ["full"]);
  });

  it("a mode the agent does not have is unusable, and its fallback runs", async () => {
    start();
    applySettings("r1", { mode: "ebpf", fallbackModes: ["nftables"] });
    await settle();
    const outcome = outcomes[0];
    assert.equal(outcome?.kind, "success");
    assert.match(
      outcome.fallbackReason ?? "",
      /mode ebpf cannot run: this version of the agent has only nftables/,
    );
  });

  it("another mode is synced in full before the rules of the old one are removed", async () => {
    const other = new FakeDataplane("iptables");
    other.hasOldRules = true;
    start(other);
    applySettings("r1");
    await settle();
    assert.deepEqual(other.calls, ["missingRequirements", "cleanup"], "leftovers of an earlier process");
    dataplane.calls.length = 0;
    other.failures.push(new Error("iptables-restore: no"));
    applySettings("r2", { mode: "iptables" });
    await settle();
    assert.ok(!dataplane.calls.includes("cleanup"), "the new mode has not proved good yet");
    await clock.advance(1_000);
    assert.deepEqual(other.syncs, [{ kind: "full" }, { kind: "full" }]);
    assert.ok(dataplane.calls.includes("cleanup"));
  });

  describe("with a Service for another mode", () => {
    let other: FakeDataplane;
    const service = { ...makeDesiredService("ns/a"), mode: "userspace" } as const;

    beforeEach(() => {
      other = new FakeDataplane("userspace");
      desired = makeDesiredState([service]);
    });

    it("a failure of that mode delays nothing else, and is repeated by itself", async () => {
      other.failures.push(new Error("no sockets left"));
      start(other);
      applySettings("r1");
      await settle();
      const [first] = outcomes;
      assert.ok(first?.kind === "success");
      assert.deepEqual(first.failing, [
        { mode: "userspace", message: "no sockets left", failures: 1, isNew: true },
      ]);
      change("ns/b");
      await clock.advance(500);
      assert.deepEqual([dataplane.syncs.length, other.syncs.length], [3, 1]);
      await clock.advance(500);
      assert.equal(other.syncs.length, 2);
      const last = outcomes.at(-1);
      assert.ok(last?.kind === "success");
      assert.deepEqual([last.failing, [...other.held.keys()]], [[], ["ns/a"]]);
      await clock.advance(30_000);
      assert.equal(other.syncs.length, 2);
    });

    it("a repair refills the damaged mode only", async () => {
      start(other);
      applySettings("r1");
      await settle();
      loop.requestRepair("userspace");
      await settle();
      assert.deepEqual([kinds().at(-1), other.syncs.at(-1)?.kind], ["partial", "full"]);
      assert.deepEqual(refilled, ["userspace"]);
    });
  });

  it("a repair refills a mode although nothing has changed", async () => {
    await startSynced();
    loop.requestRepair("nftables");
    await settle();
    assert.deepEqual(kinds(), ["full", "full"]);
  });

  it("stopping leaves the kernel alone", async () => {
    await startSynced();
    stop.abort();
    await running;
    assert.deepEqual(dataplane.calls, ["missingRequirements", "refill"]);
  });
});
