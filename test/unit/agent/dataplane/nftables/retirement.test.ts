import assert from "node:assert/strict";
import { Retirement, retirementMs } from "../../../../../agent/dataplane/nftables/retirement.ts";
import { FakeClock } from "../../../../support/fake-clock.ts";

const nothing = { chains: [], maps: [], sets: [] };

function open() {
  const clock = new FakeClock();
  return { clock, retirement: new Retirement(clock) };
}

describe("Retirement", () => {
  it("keeps everything until its time is over, and gives it once", async () => {
    const { clock, retirement } = open();
    retirement.retire("chain", "tcp-3", ["drop"]);
    retirement.retire("map", "mem");
    retirement.retire("set", "mem2");
    await clock.advance(retirementMs - 1);
    assert.deepEqual(retirement.takeDue(), nothing);
    await clock.advance(1);
    assert.deepEqual(retirement.takeDue(), { chains: ["tcp-3"], maps: ["mem"], sets: ["mem2"] });
    assert.deepEqual(retirement.takeDue(), nothing);
  });

  it("gives only what is due", async () => {
    const { clock, retirement } = open();
    retirement.retire("chain", "tcp-3");
    await clock.advance(retirementMs / 2);
    retirement.retire("chain", "tcp-4");
    await clock.advance(retirementMs / 2);
    assert.deepEqual(retirement.takeDue(), { ...nothing, chains: ["tcp-3"] });
    assert.equal(retirement.nextDueMs, clock.monotonicMs() + retirementMs / 2);
  });

  it("keeps what is in use again", async () => {
    const { clock, retirement } = open();
    retirement.retire("chain", "tcp-3");
    retirement.reclaim("chain", "tcp-3");
    await clock.advance(retirementMs);
    assert.deepEqual(retirement.takeDue(), nothing);
    assert.equal(retirement.nextDueMs, undefined);
  });

  it("counts the time from the last use", async () => {
    const { clock, retirement } = open();
    retirement.retire("chain", "tcp-3");
    retirement.retire("chain", "tcp-4");
    await clock.advance(retirementMs / 2);
    retirement.retire("chain", "tcp-3");
    assert.equal(retirement.nextDueMs, retirementMs);
    await clock.advance(retirementMs / 2);
    assert.deepEqual(retirement.takeDue(), { ...nothing, chains: ["tcp-4"] });
  });

  it("distinguishes chains by their rules and from maps of the same name", () => {
    const { retirement } = open();
    retirement.retire("chain", "rr-1", ["dnat a", "drop"]);
    retirement.retire("chain", "stray");
    assert.equal(retirement.hasChain("rr-1", ["dnat a", "drop"]), true);
    assert.equal(retirement.hasChain("rr-1", ["dnat b", "drop"]), false);
    assert.equal(retirement.hasChain("stray", []), false);
    assert.equal(retirement.hasMap("rr-1"), false);
  });
});
