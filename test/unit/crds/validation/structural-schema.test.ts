import assert from "node:assert/strict";
import type { StructuralSchema } from "../../../../crds/validation/schema.ts";
import { applyDefaults, pruneUnknown } from "../../../../crds/validation/structural-schema.ts";

function specSchema(spec: StructuralSchema): StructuralSchema {
  return { type: "object", properties: { spec } };
}

describe("pruneUnknown", () => {
  const schema = specSchema({
    type: "object",
    properties: {
      mode: { type: "string" },
      rules: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
      labels: { type: "object", additionalProperties: { type: "string" } },
      raw: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        properties: { known: { type: "object", properties: {} } },
      },
      template: { type: "object", "x-kubernetes-embedded-resource": true, properties: {} },
    },
  });
  const rows: readonly { name: string; value: object; pruned: object; unknown: readonly string[] }[] = [
    {
      name: "apiVersion, kind and metadata of the resource are kept",
      value: { apiVersion: "v1", kind: "X", metadata: { anything: 1 } },
      pruned: { apiVersion: "v1", kind: "X", metadata: { anything: 1 } },
      unknown: [],
    },
    {
      name: "an unknown member is removed and reported",
      value: { spec: { mode: "a", mod: "b" } },
      pruned: { spec: { mode: "a" } },
      unknown: ["spec.mod"],
    },
    {
      name: "an unknown member of a list item is reported with its index",
      value: { spec: { rules: [{ name: "a" }, { nam: "b" }] } },
      pruned: { spec: { rules: [{ name: "a" }, {}] } },
      unknown: ["spec.rules[1].nam"],
    },
    {
      name: "additionalProperties are known",
      value: { spec: { labels: { app: "web" } } },
      pruned: { spec: { labels: { app: "web" } } },
      unknown: [],
    },
    {
      name: "preserve-unknown-fields keeps unknown members but not those of a known member",
      value: { spec: { raw: { any: { thing: 1 }, known: { gone: 1 } } } },
      pruned: { spec: { raw: { any: { thing: 1 }, known: {} } } },
      unknown: ["spec.raw.known.gone"],
    },
    {
      name: "an embedded resource keeps its type and metadata",
      value: { spec: { template: { kind: "Pod", metadata: { name: "a" }, spec: {} } } },
      pruned: { spec: { template: { kind: "Pod", metadata: { name: "a" } } } },
      unknown: ["spec.template.spec"],
    },
    {
      name: "a member with the name of a method that every object has is unknown",
      value: { spec: { toString: 1 } },
      pruned: { spec: {} },
      unknown: ["spec.toString"],
    },
  ];
  for (const { name, value, pruned, unknown } of rows) {
    it(name, () => assert.deepEqual(pruneUnknown(schema, value), { value: pruned, unknown }));
  }
});

describe("applyDefaults", () => {
  const schema: StructuralSchema = {
    type: "object",
    properties: {
      outer: {
        type: "object",
        default: {},
        properties: { inner: { type: "integer", default: 7 }, optional: { type: "string" } },
      },
      list: {
        type: "array",
        items: { type: "object", properties: { on: { type: "boolean", default: true } } },
      },
      nullable: { type: "string", nullable: true, default: "a" },
      maybe: { type: "string" },
    },
  };
  const defaults = { outer: { inner: 7 }, nullable: "a" };
  const rows: readonly { name: string; value: object; expected: object }[] = [
    { name: "a default object gets the defaults of its members", value: {}, expected: defaults },
    {
      name: "an incomplete object gets the missing defaults",
      value: { outer: { optional: "x" } },
      expected: { outer: { optional: "x", inner: 7 }, nullable: "a" },
    },
    {
      name: "list items get defaults",
      value: { list: [{}] },
      expected: { ...defaults, list: [{ on: true }] },
    },
    { name: "null counts as absent if it is not allowed", value: { outer: null }, expected: defaults },
    {
      name: "null is dropped if it is not allowed and there is no default",
      value: { maybe: null },
      expected: defaults,
    },
    {
      name: "null is kept if it is allowed",
      value: { nullable: null },
      expected: { ...defaults, nullable: null },
    },
    {
      name: "members that the schema does not know are kept",
      value: { other: [null] },
      expected: { ...defaults, other: [null] },
    },
  ];
  for (const { name, value, expected } of rows) {
    it(name, () => assert.deepEqual(applyDefaults(schema, value), expected));
  }

  it("does not change its input and shares no default between results", () => {
    const input = { list: [{}] };
    const first = applyDefaults(schema, input);
    assert.deepEqual(input, { list: [{}] });
    assert.notEqual(
      (first as { readonly outer: object }).outer,
      (applyDefaults(schema, input) as { readonly outer: object }).outer,
    );
  });
});
