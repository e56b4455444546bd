import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type Placement, servesNow, targetOf } from "../../../../agent/sync/placement.ts";
import type { ProxyMode } from "../../../../crds/api.ts";
import { proxyModes } from "../../../support/arbitrary-mode.ts";
import { makeServiceName } from "../../../support/make-sync-outcome.ts";

const web = makeServiceName("default/web");

function place(facts: {
  readonly main?: ProxyMode;
  readonly wanted?: ProxyMode | undefined;
  readonly blocked?: readonly ProxyMode[];
  readonly heldBy?: readonly ProxyMode[];
  readonly refusedBy?: readonly ProxyMode[];
  readonly empty?: readonly ProxyMode[];
}): Placement {
  const { main = "nftables", wanted, blocked = [], heldBy = [], refusedBy = [], empty = [] } = facts;
  return {
    main,
    modes: proxyModes,
    others: new Map(wanted === undefined || wanted === main ? [] : [[web, wanted]]),
    blocked: new Set(blocked.filter((mode) => mode !== main)),
    has: (mode) => heldBy.includes(mode),
    empty: new Set(empty),
    refuses: (mode) => refusedBy.includes(mode),
  };
}

const anyMode = fc.constantFrom(...proxyModes);
const placements = fc
  .record({
    main: anyMode,
    wanted: fc.option(anyMode, { nil: undefined }),
    blocked: fc.subarray([...proxyModes]),
    heldBy: fc.subarray([...proxyModes]),
    refusedBy: fc.subarray([...proxyModes]),
    empty: fc.subarray([...proxyModes]),
  })
  .map(place);

describe("placement of a Service", () => {
  const rows: readonly (readonly [string, Placement, ProxyMode, readonly ProxyMode[]])[] = [
    ["a new one is in the main mode", place({}), "nftables", ["nftables"]],
    ["a new one is where its rule says", place({ wanted: "ipvs" }), "ipvs", ["ipvs"]],
    [
      "one that moves stays where it is until it has arrived",
      place({ wanted: "ipvs", heldBy: ["nftables"] }),
      "ipvs",
      ["nftables", "ipvs"],
    ],
    [
      "one that has arrived leaves",
      place({ wanted: "ipvs", heldBy: ["nftables", "ipvs"] }),
      "ipvs",
      ["ipvs"],
    ],
    [
      "one whose new mode fails stays where it is",
      place({ wanted: "ipvs", blocked: ["ipvs"], heldBy: ["userspace"] }),
      "userspace",
      ["userspace"],
    ],
    [
      "a new one whose mode fails is in the main mode",
      place({ wanted: "ipvs", blocked: ["ipvs"] }),
      "nftables",
      ["nftables"],
    ],
    [
      "one whose new mode refuses it stays where it is",
      place({ wanted: "ipvs", refusedBy: ["ipvs"], heldBy: ["userspace"] }),
      "userspace",
      ["userspace"],
    ],
    [
      "a new one whose mode refuses it is in the main mode",
      place({ wanted: "ipvs", refusedBy: ["ipvs"] }),
      "nftables",
      ["nftables"],
    ],
    [
      "one that only the main mode can have from before a restart stays there until it has arrived",
      place({ wanted: "ipvs", empty: ["ipvs"] }),
      "ipvs",
      ["nftables", "ipvs"],
    ],
    [
      "one that a failing mode has stays there",
      place({ wanted: "ipvs", blocked: ["ipvs"], heldBy: ["ipvs"] }),
      "ipvs",
      ["ipvs"],
    ],
  ];
  for (const [name, placement, target, serving] of rows) {
    it(name, () => {
      assert.equal(targetOf(placement, web), target);
      assert.deepEqual(
        proxyModes.filter((mode) => servesNow(placement, mode, web)),
        serving,
      );
    });
  }

  it("always has a mode that is to serve it, and keeps one of those that have it", () => {
    fc.assert(
      fc.property(placements, (placement) => {
        const serving = proxyModes.filter((mode) => servesNow(placement, mode, web));
        const holding = proxyModes.filter((mode) => placement.has(mode, web));
        assert.ok(serving.includes(targetOf(placement, web)));
        assert.ok(holding.length === 0 || serving.some((mode) => holding.includes(mode)));
      }),
    );
  });
});
