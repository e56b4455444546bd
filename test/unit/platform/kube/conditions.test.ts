import assert from "node:assert/strict";
import { findCondition, withCondition } from "../../../../platform/kube/conditions.ts";

const then = "2026-01-01T00:00:00Z";
const now = "2026-01-02T00:00:00Z";
const ready = {
  type: "Ready",
  status: "True",
  reason: "Synced",
  message: "",
  observedGeneration: 1,
} as const;
const degraded = { type: "Degraded", status: "False", reason: "Synced", message: "" } as const;
const before = [
  { ...ready, lastTransitionTime: then },
  { ...degraded, lastTransitionTime: then },
];

describe("withCondition", () => {
  it("adds a new type at the end, with the time", () => {
    const stalled = { type: "Stalled", status: "True", reason: "Hopeless", message: "" } as const;
    assert.deepEqual(withCondition(before, stalled, now), [
      ...before,
      { ...stalled, lastTransitionTime: now },
    ]);
  });

  it("a changed status is a transition, in place", () => {
    const next = { ...ready, status: "False", reason: "Failed" } as const;
    assert.deepEqual(withCondition(before, next, now), [{ ...next, lastTransitionTime: now }, before[1]]);
  });

  const sameStatus = [
    ["reason", { ...ready, reason: "Other" }],
    ["message", { ...ready, message: "all 3 nodes" }],
    ["observedGeneration", { ...ready, observedGeneration: 2 }],
  ] as const;
  for (const [what, next] of sameStatus) {
    it(`a changed ${what} keeps the time of the last transition`, () => {
      assert.deepEqual(withCondition(before, next, now), [{ ...next, lastTransitionTime: then }, before[1]]);
    });
  }

  it("is the same list if nothing changed", () => {
    assert.equal(withCondition(before, ready, now), before);
  });
});

describe("findCondition", () => {
  it("finds by type", () => {
    assert.equal(findCondition(before, "Degraded"), before[1]);
    assert.equal(findCondition(before, "Stalled"), undefined);
  });
});
