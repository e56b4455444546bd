import assert from "node:assert/strict";
import type { DriftEvent } from "../../../../agent/drift/drift-guard.ts";
import { NodeDrift } from "../../../../agent/drift/node-drift.ts";
import type { ProxyMode } from "../../../../crds/api.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";
import { FakeDataplane } from "../../../support/fake-dataplane.ts";

const flush = {
  culprit: { processId: 7, name: "nft", command: undefined, startedBy: undefined },
  what: "flushed",
};

describe("drift of a node with several modes", () => {
  let clock: FakeClock;
  let nftables: FakeDataplane;
  let ipvs: FakeDataplane;
  let drift: NodeDrift;
  let repairs: ProxyMode[];
  let events: DriftEvent[];
  let counted: string[];
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock(Date.UTC(2026, 0, 1));
    nftables = new FakeDataplane("nftables");
    ipvs = new FakeDataplane("ipvs");
    const blind = new FakeDataplane("userspace");
    Object.defineProperty(blind, "watchDrift", { value: undefined });
    repairs = [];
    events = [];
    counted = [];
    drift = new NodeDrift({
      dataplanes: [nftables, ipvs, blind],
      policy: () => "Repair",
      requestRepair: (mode) => repairs.push(mode),
      onEvent: (event) => events.push(event),
      onFactsChange: () => {},
      metrics: {
        countChange: (mode) => counted.push(`change ${mode}`),
        countRepair: (mode) => counted.push(`repair ${mode}`),
      },
      clock,
      log: silentLogger,
    });
    stop = new AbortController();
    running = drift.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await running;
  });

  it("has the mode repaired that was changed, and counts it there", async () => {
    ipvs.observer?.onForeignChange(flush);
    await settle();
    assert.deepEqual(repairs, ["ipvs"]);
    assert.deepEqual(
      [...drift.drifted()],
      [
        ["nftables", false],
        ["ipvs", true],
      ],
    );
    ipvs.observer?.onRestored();
    assert.deepEqual(counted, ["change ipvs", "repair ipvs"]);
    assert.deepEqual(
      events.map(({ reason }) => reason),
      ["DriftRepaired"],
    );
  });

  it("forgets a change of a mode that was removed, without a repair", () => {
    ipvs.observer?.onForeignChange(flush);
    ipvs.observer?.onRemoved();
    assert.equal(drift.drifted().get("ipvs"), false);
    ipvs.observer?.onRestored();
    assert.deepEqual([counted, events], [["change ipvs"], []]);
  });

  it("reports the worst of the running modes, by its name, and the sum of all changes", async () => {
    nftables.observer?.onForeignChange(flush);
    nftables.observer?.onRestored();
    await clock.advance(5_000);
    ipvs.observer?.onForeignChange({ ...flush, culprit: undefined });
    const facts = drift.facts([nftables, ipvs]);
    assert.equal(facts?.condition.reason, "Repairing");
    assert.match(facts.condition.message, /^Mode ipvs: An unknown process flushed/);
    assert.deepEqual(facts.status, {
      detectedTotal: 2,
      lastAt: "2026-01-01T00:00:05Z",
      lastCulprit: "An unknown process",
    });
  });

  it("names no mode where one runs, and leaves out those that do not", () => {
    ipvs.observer?.onForeignChange(flush);
    assert.equal(drift.facts([nftables])?.condition.status, "False");
    assert.match(drift.facts([ipvs])?.condition.message ?? "", /^nft \(process 7\) flushed/);
  });

  it("is unknown where no running mode can tell", () => {
    assert.equal(drift.facts([new FakeDataplane("userspace")]), undefined);
    assert.equal(drift.facts([])?.condition.status, "False");
  });
});
