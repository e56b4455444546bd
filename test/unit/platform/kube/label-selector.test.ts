import assert from "node:assert/strict";
import type { LabelSelector } from "../../../../crds/api.ts";
import { matchesSelector } from "../../../../platform/kube/label-selector.ts";

const labels = { app: "web", tier: "front" };

const rows: readonly (readonly [rule: string, selector: LabelSelector, expected: boolean])[] = [
  ["an empty selector matches", {}, true],
  ["empty parts match", { matchLabels: {}, matchExpressions: [] }, true],
  ["all labels must match", { matchLabels: { app: "web", tier: "front" } }, true],
  ["one different value fails", { matchLabels: { app: "web", tier: "back" } }, false],
  ["a missing label fails", { matchLabels: { zone: "a" } }, false],
  [
    "In matches one of the values",
    { matchExpressions: [{ key: "app", operator: "In", values: ["db", "web"] }] },
    true,
  ],
  [
    "In fails on another value",
    { matchExpressions: [{ key: "app", operator: "In", values: ["db"] }] },
    false,
  ],
  [
    "In fails on a missing label",
    { matchExpressions: [{ key: "zone", operator: "In", values: [""] }] },
    false,
  ],
  [
    "NotIn fails on its value",
    { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] },
    false,
  ],
  [
    "NotIn matches a missing label",
    { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] },
    true,
  ],
  ["Exists matches any value", { matchExpressions: [{ key: "app", operator: "Exists" }] }, true],
  ["Exists fails on a missing label", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
  ["DoesNotExist is the opposite", { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, false],
  [
    "DoesNotExist matches a missing label",
    { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] },
    true,
  ],
  [
    "labels and expressions must both match",
    { matchLabels: { app: "web" }, matchExpressions: [{ key: "tier", operator: "In", values: ["back"] }] },
    false,
  ],
  [
    "what every object has is no label",
    { matchExpressions: [{ key: "constructor", operator: "Exists" }] },
    false,
  ],
];

describe("matchesSelector", () => {
  for (const [rule, selector, expected] of rows) {
    it(rule, () => assert.equal(matchesSelector(selector, labels), expected));
  }

  it("an object without labels matches a selector that requires none", () => {
    assert.equal(
      matchesSelector({ matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, undefined),
      true,
    );
    assert.equal(matchesSelector({ matchLabels: { app: "web" } }, undefined), false);
  });
});
