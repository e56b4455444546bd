import assert from "node:assert/strict";
import { heldBy, passingIn, TwoModes } from "./two-modes.ts";

describe("router of modes", () => {
  let node: TwoModes;

  beforeEach(() => {
    node = new TwoModes();
  });

  it("gives the only mode the desired Services themselves, without a copy", async () => {
    let seen: unknown;
    const update = node.nftables.update.bind(node.nftables);
    node.nftables.update = (share, changed) => {
      seen = share.services;
      return update(share, changed);
    };
    await node.change("a");
    await node.change("b");
    assert.equal(seen, node.services);
    assert.equal(node.router.servicesOf("nftables"), node.services);
  });

  it("gives Services to the mode of their rule, and gives each mode what the other serves", async () => {
    const { modes, report, scope } = await node.change("a", "b ipvs", "c");
    assert.deepEqual([heldBy(node.nftables), heldBy(node.ipvs)], ["ns/a ns/c", "ns/b"]);
    assert.deepEqual([passingIn(node.nftables), passingIn(node.ipvs)], ["ns/b", "ns/a ns/c"]);
    assert.deepEqual(
      modes.map(({ mode, services: count }) => [mode, count]),
      [
        ["nftables", 2],
        ["ipvs", 1],
      ],
    );
    assert.deepEqual([report.servicePorts, report.endpoints, scope], [3, 3, "full"]);
    assert.deepEqual(
      [node.router.of(node.apply("a"))?.mode, node.router.of(node.apply("b ipvs"))?.mode],
      ["nftables", "ipvs"],
    );
    assert.deepEqual([...node.router.servicesOf("ipvs").keys()], ["ns/b"]);
  });

  it("gives a mode only what changes", async () => {
    await node.change("a", "b ipvs");
    const { refilled, scope } = await node.change("b ipvs", "c");
    assert.deepEqual([refilled.size, scope], [0, "partial"]);
    assert.deepEqual(node.nftables.syncs.at(-1), { kind: "partial", services: new Set(["ns/b", "ns/c"]) });
  });

  it("moves a Service into its new mode before it takes it out of the old one, both ways", async () => {
    await node.change("a", "b");
    const there = await node.change("a ipvs");
    assert.deepEqual([heldBy(node.nftables), heldBy(node.ipvs)], ["ns/b", "ns/a"]);
    assert.deepEqual(node.states.slice(-2), ["ipvs: a", "nftables: b"]);
    assert.deepEqual([...there.moved], ["ns/a"]);
    const back = await node.change("a");
    assert.ok(node.states.indexOf("nftables: b a") < node.states.indexOf("ipvs: "));
    assert.deepEqual([...back.moved], ["ns/a"]);
  });

  it("moves all to another main mode, and cleans up the old one then", async () => {
    await node.change("a", "b");
    const { scope, modes } = await node.sync({ kind: "partial", services: new Set() }, "ipvs");
    assert.deepEqual(
      [heldBy(node.ipvs), node.nftables.calls.at(-1), scope],
      ["ns/a ns/b", "cleanup", "full"],
    );
    assert.deepEqual(
      modes.map(({ mode }) => mode),
      ["ipvs"],
    );
  });

  it("keeps the old main mode where a rule asks for it", async () => {
    await node.change("a nftables", "b");
    await node.sync({ kind: "full" }, "ipvs");
    assert.deepEqual([heldBy(node.nftables), heldBy(node.ipvs)], ["ns/a", "ns/b"]);
    assert.ok(!node.nftables.calls.includes("cleanup"));
  });

  it("cleans up a mode whose last Service leaves or is deleted", async () => {
    await node.change("a", "b ipvs");
    await node.change("-b");
    assert.equal(node.ipvs.calls.at(-1), "cleanup");
    await node.change("b ipvs");
    assert.equal(heldBy(node.ipvs), "ns/b");
    await node.change("b");
    assert.deepEqual([heldBy(node.nftables), node.ipvs.calls.at(-1)], ["ns/a ns/b", "cleanup"]);
    assert.deepEqual(
      node.router.running().map(({ mode }) => mode),
      ["nftables"],
    );
  });
});
