import assert from "node:assert/strict";
import { mock } from "node:test";
import type { FakeDataplane } from "../../../support/fake-dataplane.ts";
import { heldBy, passingIn, TwoModes } from "./two-modes.ts";

function fail(dataplane: FakeDataplane, times = 1): void {
  for (let count = 0; count < times; count += 1) dataplane.failures.push(new Error("no memory"));
}

describe("router of modes in trouble", () => {
  let node: TwoModes;

  beforeEach(() => {
    node = new TwoModes();
  });

  describe("leftovers of an earlier process", () => {
    it("are removed once, after the main mode has its Services", async () => {
      node.ipvs.hasOldRules = true;
      await node.change("a");
      await node.change("b");
      assert.deepEqual(node.ipvs.calls, ["cleanup"]);
    });

    it("are not searched for repeatedly", async () => {
      let looks = 0;
      node.ipvs.hasState = () => {
        looks += 1;
        return Promise.resolve(false);
      };
      await node.change("a");
      await node.change("b");
      assert.deepEqual([looks, node.ipvs.calls], [1, []]);
    });
  });

  describe("the first sync of a process", () => {
    it("keeps a Service in the main mode until a mode without rules has it", async () => {
      node.nftables.hasOldRules = true;
      await node.change("a ipvs", "b");
      assert.deepEqual(node.states, ["nftables: a", "nftables: a b", "ipvs: a", "ipvs: a", "nftables: b"]);
    });

    it("spares the main mode what a mode with rules serves", async () => {
      node.nftables.hasOldRules = true;
      node.ipvs.hasOldRules = true;
      await node.change("a ipvs", "b");
      assert.ok(!node.states.includes("nftables: a"));
    });
  });

  describe("a mode that the node cannot run", () => {
    it("leaves its Services to the main mode, which is reported with the reason", async () => {
      node.missing.set("ipvs", ["the kernel module ip_vs"]);
      const { report } = await node.change("a", "b ipvs", "c userspace");
      assert.equal(heldBy(node.nftables), "ns/a ns/b ns/c");
      assert.deepEqual(report.unsupported, [
        {
          service: "ns/b",
          feature: "mode ipvs",
          reason: "mode ipvs cannot run: the kernel module ip_vs; served in mode nftables",
        },
        {
          service: "ns/c",
          feature: "mode userspace",
          reason:
            "mode userspace cannot run: this version of the agent has only nftables, ipvs; served in mode nftables",
        },
      ]);
      assert.equal(node.router.hasUnmet, true);
    });

    it("gets them at a full sync after it has become able to", async () => {
      node.missing.set("ipvs", ["the kernel module ip_vs"]);
      await node.change("a ipvs");
      const { report } = await node.sync({ kind: "full" }, "nftables", new Map());
      assert.deepEqual([heldBy(node.ipvs), report.unsupported, node.router.hasUnmet], ["ns/a", [], false]);
    });

    it("keeps those it has: a passing trouble moves nothing", async () => {
      await node.change("a ipvs");
      node.missing.set("ipvs", ["the kernel module ip_vs"]);
      await node.sync();
      assert.equal(heldBy(node.ipvs), "ns/a");
    });
  });

  describe("a mode that fails", () => {
    it("keeps a moving Service up to date in its old mode, and is reported", async () => {
      await node.change("a", "b");
      fail(node.ipvs);
      const { report, failing } = await node.change("a ipvs");
      assert.deepEqual([heldBy(node.nftables), heldBy(node.ipvs)], ["ns/a ns/b", ""]);
      assert.deepEqual(failing, [{ mode: "ipvs", message: "no memory", failures: 1, isNew: true }]);
      assert.equal(report.unsupported[0]?.reason, "mode ipvs fails: no memory; served in mode nftables");
      await node.change("a ipvs");
      assert.equal(node.ipvs.syncs.length, 1, "not before its time");
      assert.deepEqual(node.nftables.syncs.at(-1), { kind: "partial", services: new Set(["ns/a"]) });
    });

    it("is tried again by itself, ever later, and gets its Services then", async () => {
      await node.change("a");
      fail(node.ipvs, 2);
      await node.change("a ipvs");
      assert.equal(node.router.nextRetryMs, node.clock.monotonicMs() + 1_000);
      await node.clock.advance(1_000);
      const second = await node.change();
      assert.deepEqual(
        [second.failing[0]?.failures, node.router.nextRetryMs],
        [2, node.clock.monotonicMs() + 2_000],
      );
      await node.clock.advance(2_000);
      const { failing, moved } = await node.change();
      assert.deepEqual([heldBy(node.nftables), heldBy(node.ipvs), [...moved]], ["", "ns/a", ["ns/a"]]);
      assert.deepEqual([failing, node.router.nextRetryMs], [[], undefined]);
    });

    it("leaves a new Service to the main mode", async () => {
      fail(node.ipvs);
      await node.change("a ipvs");
      assert.deepEqual([heldBy(node.nftables), passingIn(node.nftables)], ["ns/a", ""]);
    });

    it("keeps what it has, and the others go on", async () => {
      await node.change("a ipvs", "b");
      fail(node.ipvs);
      const { failing } = await node.sync();
      assert.deepEqual([failing.length, heldBy(node.ipvs), passingIn(node.nftables)], [1, "ns/a", "ns/a"]);
      await node.change("c");
      assert.equal(heldBy(node.nftables), "ns/b ns/c");
    });

    it("is forgotten when no Service belongs to it any more", async () => {
      fail(node.ipvs);
      await node.change("a ipvs");
      const { failing } = await node.change("a");
      assert.deepEqual([failing, node.router.nextRetryMs], [[], undefined]);
    });

    it("is forgotten also when its rules cannot be removed, which is tried again with the next sync", async () => {
      await node.change("a ipvs", "b");
      fail(node.ipvs);
      await node.sync();
      mock.method(node.ipvs, "cleanup", () => Promise.reject(new Error("busy")), { times: 1 });
      const { failing, modes } = await node.change("a");
      assert.deepEqual([failing, modes.length, node.router.nextRetryMs], [[], 1, undefined]);
      await node.change();
      assert.deepEqual([node.ipvs.calls.at(-1), heldBy(node.ipvs)], ["cleanup", ""]);
    });

    it("does not count as serving what a removal of its rules that failed may have left", async () => {
      await node.change("a ipvs", "b");
      mock.method(node.ipvs, "cleanup", () => Promise.reject(new Error("busy")), { times: 1 });
      await node.change("a");
      fail(node.ipvs);
      await node.change("a ipvs");
      assert.equal(heldBy(node.nftables), "ns/a ns/b");
    });

    it("does not hold up the other modes when it is the main one", async () => {
      await node.change("a ipvs", "b");
      fail(node.nftables);
      await assert.rejects(node.change("c ipvs", "d"), /no memory/);
      assert.deepEqual([heldBy(node.ipvs), heldBy(node.nftables)], ["ns/a ns/c", "ns/b"]);
      await node.sync();
      assert.deepEqual([heldBy(node.ipvs), heldBy(node.nftables)], ["ns/a ns/c", "ns/b ns/d"]);
    });

    it("fails the sync when it is the main one, and nothing leaves another mode", async () => {
      await node.change("a ipvs", "b");
      fail(node.nftables);
      await assert.rejects(node.change("a"), /no memory/);
      assert.equal(heldBy(node.ipvs), "ns/a");
      await node.sync();
      assert.equal(heldBy(node.nftables), "ns/a ns/b");
    });
  });

  it("leaves a Service where it is when its new mode refuses it, and says so", async () => {
    await node.change("a", "b ipvs");
    node.ipvs.refused.set(node.apply("a"), "Invalid argument");
    const { report } = await node.change("a ipvs");
    assert.equal(heldBy(node.nftables), "ns/a");
    assert.deepEqual(report.rejected, [
      { mode: "ipvs", service: "ns/a", reason: "Invalid argument", servedBy: "nftables" },
    ]);
    assert.equal(passingIn(node.ipvs), "ns/a", "the packets reach the mode that serves it");
    const later = await node.change("c");
    assert.deepEqual(later.report.rejected, report.rejected, "it is told until it is tried again");
  });

  it("gives the main mode a new Service that its own mode refuses, and says so", async () => {
    node.ipvs.refused.set(node.apply("a ipvs"), "Invalid argument");
    const { report } = await node.change("a ipvs", "b ipvs");
    assert.deepEqual(
      [heldBy(node.nftables), heldBy(node.ipvs), passingIn(node.ipvs)],
      ["ns/a", "ns/b", "ns/a"],
    );
    assert.deepEqual(report.rejected, [
      { mode: "ipvs", service: "ns/a", reason: "Invalid argument", servedBy: "nftables" },
    ]);
    node.ipvs.refused.clear();
    const later = await node.sync();
    assert.deepEqual(
      [heldBy(node.nftables), heldBy(node.ipvs), later.report.rejected],
      ["", "ns/a ns/b", []],
    );
  });

  it("keeps a mode that has the last copy of what another one refuses", async () => {
    await node.change("a ipvs");
    node.nftables.refused.set(node.apply("a ipvs"), "Invalid argument");
    await node.change("a");
    assert.deepEqual([heldBy(node.ipvs), heldBy(node.nftables)], ["ns/a", ""]);
    assert.equal(passingIn(node.nftables), "ns/a");
    node.nftables.refused.clear();
    await node.change("a");
    assert.deepEqual(
      [heldBy(node.ipvs), heldBy(node.nftables), node.ipvs.calls.at(-1)],
      ["", "ns/a", "cleanup"],
    );
  });

  it("refills one damaged mode and leaves the others alone", async () => {
    await node.change("a ipvs", "b");
    node.router.expectDamage("ipvs");
    const { refilled, scope } = await node.change();
    assert.deepEqual([[...refilled], scope], [["ipvs"], "partial"]);
  });
});
