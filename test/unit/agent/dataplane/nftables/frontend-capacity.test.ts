import assert from "node:assert/strict";
import * as fc from "fast-check";
import { AppliedState } from "../../../../../agent/dataplane/nftables/applied-state.ts";
import { baseRuleset } from "../../../../../agent/dataplane/nftables/base-ruleset.ts";
import { countFrontends } from "../../../../../agent/dataplane/nftables/count-frontends.ts";
import { frontendCapacity, unbounded } from "../../../../../agent/dataplane/nftables/frontend-capacity.ts";
import { layoutMarkerSet, readFrontendCapacity } from "../../../../../agent/dataplane/nftables/names.ts";
import { arbitraryDesiredService } from "../../../../support/arbitrary-desired-service.ts";
import { makeNodeFamily } from "../../../../support/make-desired-state.ts";

const capacities = [
  ["nothing needs no size", 0, unbounded],
  ["a few thousand need no size", 3_999, unbounded],
  ["from 4,000 on there is one", 4_000, 6_144],
  ["there is room for half as many again", 4_096, 6_144],
  ["a little more gets twice the room", 4_097, 12_288],
  ["10,000", 10_000, 24_576],
  ["30,000", 30_000, 49_152],
  ["a million", 1_000_000, 1_572_864],
] as const;

describe("frontendCapacity", () => {
  for (const [name, frontends, expected] of capacities) {
    it(`${name}: ${frontends} get ${expected}`, () => assert.equal(frontendCapacity(frontends), expected));
  }

  it("leaves room for half as many again, and for no more than twice as many again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4_000, max: 10_000_000 }), (frontends) => {
        const capacity = frontendCapacity(frontends);
        assert.ok(capacity >= frontends * 1.5 && capacity < frontends * 3);
        assert.equal(Math.log2((capacity * 4) / 3) % 1, 0, "fills a power of two of buckets");
      }),
    );
  });
});

const read = (...sets: readonly string[]) => readFrontendCapacity(new Set(sets));

describe("the layout marker", () => {
  it("says what room there is", () => {
    for (const capacity of [1, 6_144, unbounded]) {
      const { containers } = baseRuleset("ip", makeNodeFamily(), capacity);
      assert.equal(read(...containers.keys()), capacity);
      assert.equal(/ size (\d+)/.exec(containers.get("svc")?.text ?? "")?.[1] ?? "Infinity", `${capacity}`);
    }
  });

  it("of earlier versions says that there is any room", () => {
    assert.equal(read("rev", "layout-1", "svc-cidrs"), unbounded);
  });

  for (const name of ["layout-2", "layout-10", "layout-1-size-", "layout-1-size-0", "layout-1-size-x"]) {
    it(`is not ${name}`, () => assert.equal(read("rev", name), undefined));
  }

  it("that leaves the least room counts", () => {
    const markers = [unbounded, 6_144, 12_288].map(layoutMarkerSet);
    assert.equal(read(...markers), 6_144);
  });
});

describe("the number of frontends", () => {
  const services = fc.tuple(...[1, 2, 3].map(arbitraryDesiredService));

  it("is known before and after each plan, as the number of elements", () => {
    fc.assert(
      fc.property(services, services, (before, after) => {
        const state = new AppliedState("ip", makeNodeFamily());
        for (const wanted of [before, after, before.slice(1)]) {
          const plan = state.plan(
            before.map(({ name }) => ({
              name,
              after: wanted.find((one) => one.name === name),
            })),
          );
          state.record(plan);
          assert.equal(plan.frontends, countFrontends(wanted, "ip"));
        }
        const elements = new AppliedState("ip", makeNodeFamily()).plan(
          after.map((one) => ({ name: one.name, after: one })),
        ).adds;
        assert.equal(
          elements.filter(({ container }) => container === "svc").length,
          countFrontends(after, "ip"),
        );
      }),
    );
  });
});
