import assert from "node:assert/strict";
import { OutOfStepError } from "../../../../agent/dataplane/dataplane.ts";
import { settle } from "../../../support/fake-clock.ts";
import { FakeDataplane } from "../../../support/fake-dataplane.ts";
import { makeDesiredService, makeDesiredState } from "../../../support/make-desired-state.ts";
import { LoopUnderTest } from "./loop-under-test.ts";

describe("modes of the sync loop", () => {
  let node: LoopUnderTest;

  beforeEach(() => {
    node = new LoopUnderTest();
  });

  afterEach(() => node.stop());

  it("what may have passed without rules is reported after a full sync, also where only a part was asked for", async () => {
    await node.startSynced();
    assert.deepEqual(node.refilled, ["nftables"]);
    node.loop.requestSync();
    await settle();
    assert.deepEqual(node.refilled, []);
    node.change("ns/a");
    await settle();
    assert.deepEqual([node.kinds(), node.refilled], [["full", "partial"], []]);
    node.dataplane.failures.push(new OutOfStepError("the table is gone"));
    node.change("ns/a");
    await settle();
    assert.deepEqual([node.kinds(), node.refilled], [["full", "partial", "partial", "full"], ["nftables"]]);
    assert.equal(node.outcomes.at(-1)?.scope, "full");
  });

  it("without a usable mode the kernel is not touched, and the node is looked at again", async () => {
    node.dataplane.missing = ["nft 1.0.1 or newer"];
    node.start();
    node.applySettings("r1");
    await settle();
    assert.deepEqual(node.dataplane.syncs, []);
    const outcome = node.outcomes[0];
    assert.equal(outcome?.kind === "failure" && outcome.reason, "ModeUnsupported");
    node.dataplane.missing = [];
    await node.clock.advance(1_000);
    assert.deepEqual(node.kinds(), ["full"]);
  });

  it("a mode the agent does not have is unusable, and its fallback runs", async () => {
    node.start();
    node.applySettings("r1", { mode: "ebpf", fallbackModes: ["nftables"] });
    await settle();
    const outcome = node.outcomes[0];
    assert.equal(outcome?.kind, "success");
    assert.match(
      outcome.fallbackReason ?? "",
      /mode ebpf cannot run: this version of the agent has only nftables/,
    );
  });

  it("another mode is synced in full before the rules of the old one are removed", async () => {
    const other = new FakeDataplane("iptables");
    other.hasOldRules = true;
    node.start(other);
    node.applySettings("r1");
    await settle();
    assert.deepEqual(other.calls, ["missingRequirements", "cleanup"], "leftovers of an earlier process");
    node.dataplane.calls.length = 0;
    other.failures.push(new Error("iptables-restore: no"));
    node.applySettings("r2", { mode: "iptables" });
    await settle();
    assert.ok(!node.dataplane.calls.includes("cleanup"), "the new mode has not proved good yet");
    await node.clock.advance(1_000);
    assert.deepEqual(other.syncs, [{ kind: "full" }, { kind: "full" }]);
    assert.ok(node.dataplane.calls.includes("cleanup"));
  });

  describe("with a Service for another mode", () => {
    let other: FakeDataplane;
    const service = { ...makeDesiredService("ns/a"), mode: "userspace" } as const;

    beforeEach(() => {
      other = new FakeDataplane("userspace");
      node.desired = makeDesiredState([service]);
    });

    it("a failure of that mode delays nothing else, and is repeated by itself", async () => {
      other.failures.push(new Error("no sockets left"));
      node.start(other);
      node.applySettings("r1");
      await settle();
      const [first] = node.outcomes;
      assert.ok(first?.kind === "success");
      assert.deepEqual(first.failing, [
        { mode: "userspace", message: "no sockets left", failures: 1, isNew: true },
      ]);
      node.change("ns/b");
      await node.clock.advance(500);
      assert.deepEqual([node.dataplane.syncs.length, other.syncs.length], [3, 1]);
      await node.clock.advance(500);
      assert.equal(other.syncs.length, 2);
      const last = node.outcomes.at(-1);
      assert.ok(last?.kind === "success");
      assert.deepEqual([last.failing, [...other.held.keys()]], [[], ["ns/a"]]);
      await node.clock.advance(30_000);
      assert.equal(other.syncs.length, 2);
    });

    it("a repair refills the damaged mode only", async () => {
      node.start(other);
      node.applySettings("r1");
      await settle();
      node.loop.requestRepair("userspace");
      await settle();
      assert.deepEqual([node.kinds().at(-1), other.syncs.at(-1)?.kind], ["partial", "full"]);
      assert.deepEqual(node.refilled, ["userspace"]);
    });
  });

  it("a repair refills a mode although nothing has changed", async () => {
    await node.startSynced();
    node.loop.requestRepair("nftables");
    await settle();
    assert.deepEqual(node.kinds(), ["full", "full"]);
  });
});
