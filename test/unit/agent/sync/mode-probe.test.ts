import assert from "node:assert/strict";
import { ModeProbe } from "../../../../agent/sync/mode-probe.ts";
import type { NodeProxySpec } from "../../../../crds/api.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

describe("mode probe", () => {
  const ipvs = makeNodeProxySpec({ revision: "r2", config: { mode: "ipvs" } });
  const ebpf = makeNodeProxySpec({ revision: "r3", config: { mode: "ebpf" } });
  let clock: FakeClock;
  let stop: AbortController;
  let settings: NodeProxySpec | undefined;
  let findProblem: () => Promise<string | undefined>;
  let checks: (readonly [revision: string, problem: string | undefined])[];
  let probe: ModeProbe;

  beforeEach(() => {
    clock = new FakeClock();
    stop = new AbortController();
    settings = undefined;
    findProblem = () => Promise.resolve("no ip_vs");
    checks = [];
    probe = new ModeProbe({
      modes: { findProblem: () => findProblem() },
      settings: () => settings,
      onChecked: (checked, problem) => checks.push([checked.revision, problem]),
      clock,
      random: () => 0.5,
    });
    void probe.run(stop.signal);
  });
  afterEach(() => stop.abort());

  async function set(next: NodeProxySpec | undefined): Promise<void> {
    settings = next;
    probe.reconsider();
    await clock.advance(0);
  }

  it("checks nothing while there are no settings to check", async () => {
    await clock.advance(600_000);
    assert.deepEqual(checks, []);
  });

  it("checks settings at once, and again with growing pauses while the node cannot run them", async () => {
    await set(ipvs);
    assert.deepEqual(checks, [["r2", "no ip_vs"]]);
    await clock.advance(60_000);
    const afterMinute = checks.length;
    assert.ok(afterMinute > 3 && afterMinute < 10, String(afterMinute));
    await clock.advance(300_000);
    assert.ok(checks.length >= afterMinute + 10 && checks.length <= afterMinute + 20, String(checks.length));
  });

  it("does not check again because of a wake", async () => {
    await set(ipvs);
    await set(ipvs);
    assert.equal(checks.length, 1);
  });

  it("checks other settings at once", async () => {
    await set(ipvs);
    await set(ebpf);
    assert.deepEqual(
      checks.map(([revision]) => revision),
      ["r2", "r3"],
    );
  });

  it("stops when the settings need no check any more", async () => {
    await set(ipvs);
    await set(undefined);
    await clock.advance(600_000);
    assert.equal(checks.length, 1);
  });

  it("a check that fails is a problem like any other", async () => {
    findProblem = () => Promise.reject(new Error("nft did not end within 30000 ms"));
    await set(ipvs);
    assert.deepEqual(checks, [
      ["r2", "cannot determine what the node is missing: nft did not end within 30000 ms"],
    ]);
  });
});
