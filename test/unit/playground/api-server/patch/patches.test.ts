import assert from "node:assert/strict";
import type { JsonObject, JsonValue } from "../../../../../playground/api-server/json-value.ts";
import { applyJsonPatch } from "../../../../../playground/api-server/patch/json-patch.ts";
import { applyMergePatch } from "../../../../../playground/api-server/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "../../../../../playground/api-server/patch/strategic-merge-patch.ts";
import { builtInSchema } from "../../../../../playground/api-server/schema/built-in-schemas.ts";

interface Row<Patch> {
  readonly rule: string;
  readonly target: JsonObject;
  readonly patch: Patch;
  readonly expected: JsonObject;
}

describe("merge patch", () => {
  const rows: readonly Row<JsonObject>[] = [
    { rule: "a scalar replaces", target: { a: 1 }, patch: { a: 2 }, expected: { a: 2 } },
    { rule: "null removes", target: { a: 1, b: 2 }, patch: { a: null }, expected: { b: 2 } },
    {
      rule: "objects merge",
      target: { a: { b: 1 } },
      patch: { a: { c: 2 } },
      expected: { a: { b: 1, c: 2 } },
    },
    { rule: "lists are replaced", target: { a: [1, 2] }, patch: { a: [3] }, expected: { a: [3] } },
    {
      rule: "an object replaces a scalar, without its nulls",
      target: { a: 1 },
      patch: { a: { b: null } },
      expected: { a: {} },
    },
  ];
  for (const { rule, target, patch, expected } of rows) {
    it(rule, () => assert.deepEqual(applyMergePatch(target, patch), expected));
  }
});

describe("JSON patch", () => {
  const rows: readonly Row<JsonValue>[] = [
    {
      rule: "add at a list index",
      target: { a: [1, 3] },
      patch: [{ op: "add", path: "/a/1", value: 2 }],
      expected: { a: [1, 2, 3] },
    },
    {
      rule: "add at the end",
      target: { a: [1] },
      patch: [{ op: "add", path: "/a/-", value: 2 }],
      expected: { a: [1, 2] },
    },
    {
      rule: "escapes in pointers",
      target: {},
      patch: [{ op: "add", path: "/a~1b~0", value: 1 }],
      expected: { "a/b~": 1 },
    },
    {
      rule: "replace below a list",
      target: { a: [{ b: 1 }] },
      patch: [{ op: "replace", path: "/a/0/b", value: 2 }],
      expected: { a: [{ b: 2 }] },
    },
    {
      rule: "remove from a list",
      target: { a: [1, 2] },
      patch: [{ op: "remove", path: "/a/0" }],
      expected: { a: [2] },
    },
    {
      rule: "copy",
      target: { a: 1 },
      patch: [{ op: "copy", from: "/a", path: "/b" }],
      expected: { a: 1, b: 1 },
    },
    { rule: "move", target: { a: 1 }, patch: [{ op: "move", from: "/a", path: "/b" }], expected: { b: 1 } },
  ];
  for (const { rule, target, patch, expected } of rows) {
    it(rule, () => assert.deepEqual(applyJsonPatch(target, patch), expected));
  }

  const refusals: readonly { readonly rule: string; readonly patch: JsonValue; readonly code: number }[] = [
    { rule: "remove of a missing value", patch: [{ op: "remove", path: "/x" }], code: 422 },
    { rule: "replace of a missing value", patch: [{ op: "replace", path: "/x", value: 1 }], code: 422 },
    { rule: "test of a different value", patch: [{ op: "test", path: "/a", value: 2 }], code: 422 },
    { rule: "add below a missing value", patch: [{ op: "add", path: "/x/y", value: 1 }], code: 422 },
    { rule: "an unknown operation", patch: [{ op: "frob", path: "/a" }], code: 400 },
    { rule: "a patch that is not a list of operations", patch: { op: "remove", path: "/a" }, code: 400 },
    {
      rule: "a property of Object.prototype is not a field",
      patch: [{ op: "remove", path: "/constructor" }],
      code: 422,
    },
  ];
  for (const { rule, patch, code } of refusals) {
    it(`rejects ${rule}`, () => assert.throws(() => applyJsonPatch({ a: 1 }, patch), { code }));
  }
});

describe("strategic merge patch", () => {
  const pod = builtInSchema("V1PodSpec");
  const rows: readonly Row<JsonObject>[] = [
    {
      rule: "containers merge by name",
      target: {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "1" },
        ],
      },
      patch: { containers: [{ name: "b", image: "2" }] },
      expected: {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "2" },
        ],
      },
    },
    {
      rule: "$patch: delete removes an item",
      target: { containers: [{ name: "a" }, { name: "b" }] },
      patch: { containers: [{ name: "a", $patch: "delete" }] },
      expected: { containers: [{ name: "b" }] },
    },
    {
      rule: "$patch: replace replaces the whole list",
      target: { containers: [{ name: "a" }, { name: "b" }] },
      patch: { containers: [{ $patch: "replace" }, { name: "c" }] },
      expected: { containers: [{ name: "c" }] },
    },
    {
      rule: "$patch: replace replaces an object",
      target: { securityContext: { runAsUser: 1 } },
      patch: { securityContext: { $patch: "replace", runAsGroup: 2 } },
      expected: { securityContext: { runAsGroup: 2 } },
    },
    {
      rule: "$setElementOrder orders the items",
      target: { containers: [{ name: "a" }, { name: "b" }] },
      patch: {
        "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }],
        containers: [{ name: "c" }],
      },
      expected: { containers: [{ name: "c" }, { name: "b" }, { name: "a" }] },
    },
    {
      rule: "$retainKeys drops keys that it does not list",
      target: { volumes: [{ name: "v", emptyDir: {} }] },
      patch: { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/" } }] },
      expected: { volumes: [{ name: "v", hostPath: { path: "/" } }] },
    },
    {
      rule: "lists without a merge key are replaced",
      target: { tolerations: [{ key: "a" }] },
      patch: { tolerations: [{ key: "b" }] },
      expected: { tolerations: [{ key: "b" }] },
    },
  ];
  for (const { rule, target, patch, expected } of rows) {
    it(rule, () => assert.deepEqual(applyStrategicMergePatch(pod, target, patch), expected));
  }

  it("lists of strings with merge strategy are merged, and $deleteFromPrimitiveList removes items from them", () => {
    const meta = builtInSchema("V1ObjectMeta");
    const united = applyStrategicMergePatch(meta, { finalizers: ["a"] }, { finalizers: ["b", "a"] });
    assert.deepEqual(united, { finalizers: ["a", "b"] });
    const taken = applyStrategicMergePatch(meta, united, { "$deleteFromPrimitiveList/finalizers": ["a"] });
    assert.deepEqual(taken, { finalizers: ["b"] });
  });

  it("an item without its merge key is rejected", () => {
    assert.throws(() => applyStrategicMergePatch(pod, {}, { containers: [{ image: "x" }] }), { code: 400 });
  });
});
