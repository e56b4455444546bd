import assert from "node:assert/strict";
import { renderFieldError } from "../../../../crds/validation/field-error.ts";
import type { StructuralSchema } from "../../../../crds/validation/schema.ts";
import {
  applyDefaults,
  pruneUnknown,
  validateSchema,
} from "../../../../crds/validation/structural-schema.ts";

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
      name: "apiVersion, kind and metadata of the resource stay",
      value: { apiVersion: "v1", kind: "X", metadata: { anything: 1 } },
      pruned: { apiVersion: "v1", kind: "X", metadata: { anything: 1 } },
      unknown: [],
    },
    {
      name: "an unknown member is removed and named",
      value: { spec: { mode: "a", mod: "b" } },
      pruned: { spec: { mode: "a" } },
      unknown: ["spec.mod"],
    },
    {
      name: "an unknown member of a list item is named with its index",
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
      name: "a member called as a method of every object is unknown",
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
      name: "a given object gets the defaults it lacks",
      value: { outer: { optional: "x" } },
      expected: { outer: { optional: "x", inner: 7 }, nullable: "a" },
    },
    {
      name: "list items get defaults",
      value: { list: [{}] },
      expected: { ...defaults, list: [{ on: true }] },
    },
    { name: "null that is not allowed counts as absent", value: { outer: null }, expected: defaults },
    {
      name: "null that is not allowed and has no default is dropped",
      value: { maybe: null },
      expected: defaults,
    },
    { name: "allowed null stays", value: { nullable: null }, expected: { ...defaults, nullable: null } },
    {
      name: "what the schema does not know stays",
      value: { other: [null] },
      expected: { ...defaults, other: [null] },
    },
  ];
  for (const { name, value, expected } of rows) {
    it(name, () => assert.deepEqual(applyDefaults(schema, value), expected));
  }

  it("leaves its input alone and shares no default between results", () => {
    const input = { list: [{}] };
    const first = applyDefaults(schema, input);
    assert.deepEqual(input, { list: [{}] });
    assert.notEqual(
      (first as { readonly outer: object }).outer,
      (applyDefaults(schema, input) as { readonly outer: object }).outer,
    );
  });
});

describe("validateSchema", () => {
  const intOrString: StructuralSchema = { "x-kubernetes-int-or-string": true };
  const set: StructuralSchema = { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } };
  const map: StructuralSchema = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items: { type: "object", properties: { name: { type: "string" }, x: { type: "integer" } } },
  };
  const rows: readonly {
    name: string;
    schema: StructuralSchema;
    value: unknown;
    errors: readonly string[];
  }[] = [
    {
      name: "a value outside the enum names the supported values",
      schema: { type: "string", enum: ["nftables", "ipvs"] },
      value: "bogus",
      errors: ['spec: Unsupported value: "bogus": supported values: "nftables", "ipvs"'],
    },
    {
      name: "a value of another type names both types",
      schema: { type: "integer" },
      value: "5",
      errors: ['spec: Invalid value: "string": spec in body must be of type integer: "string"'],
    },
    {
      name: "a fraction is no integer",
      schema: { type: "integer" },
      value: 1.5,
      errors: ['spec: Invalid value: "number": spec in body must be of type integer: "number"'],
    },
    { name: "an integer is a number", schema: { type: "number" }, value: 1, errors: [] },
    { name: "int-or-string takes an integer", schema: intOrString, value: 1, errors: [] },
    { name: "int-or-string takes a string", schema: intOrString, value: "10%", errors: [] },
    {
      name: "int-or-string takes nothing else",
      schema: intOrString,
      value: true,
      errors: ['spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"'],
    },
    {
      name: "null is allowed where nullable",
      schema: { type: "string", nullable: true },
      value: null,
      errors: [],
    },
    {
      name: "null is a type error elsewhere",
      schema: { type: "string" },
      value: null,
      errors: ['spec: Invalid value: "null": spec in body must be of type string: "null"'],
    },
    {
      name: "below the minimum",
      schema: { type: "integer", minimum: 1 },
      value: 0,
      errors: ["spec: Invalid value: 0: spec in body should be greater than or equal to 1"],
    },
    {
      name: "at an exclusive maximum",
      schema: { type: "integer", maximum: 1, exclusiveMaximum: true },
      value: 1,
      errors: ["spec: Invalid value: 1: spec in body should be less than 1"],
    },
    {
      name: "outside int32",
      schema: { type: "integer", format: "int32" },
      value: 2 ** 31,
      errors: ["spec: Invalid value: 2147483648: spec in body should be of type int32"],
    },
    {
      name: "the largest int32",
      schema: { type: "integer", format: "int32" },
      value: 2 ** 31 - 1,
      errors: [],
    },
    {
      name: "no multiple",
      schema: { type: "integer", multipleOf: 5 },
      value: 7,
      errors: ["spec: Invalid value: 7: spec in body should be a multiple of 5"],
    },
    {
      name: "too long, not repeating the value",
      schema: { type: "string", maxLength: 2 },
      value: "abc",
      errors: ["spec: Too long: may not be more than 2 bytes"],
    },
    { name: "length counts code points", schema: { type: "string", maxLength: 1 }, value: "🦦", errors: [] },
    {
      name: "too short",
      schema: { type: "string", minLength: 1 },
      value: "",
      errors: ['spec: Invalid value: "": spec in body should be at least 1 chars long'],
    },
    {
      name: "against the pattern",
      schema: { type: "string", pattern: "^[a-z]+$" },
      value: "A",
      errors: ["spec: Invalid value: \"A\": spec in body should match '^[a-z]+$'"],
    },
    {
      name: "no date-time",
      schema: { type: "string", format: "date-time" },
      value: "yesterday",
      errors: ['spec: Invalid value: "yesterday": spec in body must be of type date-time: "yesterday"'],
    },
    {
      name: "a date-time with microseconds",
      schema: { type: "string", format: "date-time" },
      value: "2026-01-02T03:04:05.123456Z",
      errors: [],
    },
    {
      name: "a missing required member",
      schema: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
      value: {},
      errors: ["spec.name: Required value"],
    },
    {
      name: "every wrong member is reported",
      schema: {
        type: "object",
        properties: {
          a: { type: "string" },
          b: { type: "object", additionalProperties: { type: "string" } },
        },
      },
      value: { a: 1, b: { k: 2 } },
      errors: [
        'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"',
        'spec.b.k: Invalid value: "integer": spec.b.k in body must be of type string: "integer"',
      ],
    },
    {
      name: "too many items",
      schema: { type: "array", maxItems: 1, items: { type: "string" } },
      value: ["a", "b"],
      errors: ["spec: Too many: 2: must have at most 1 items"],
    },
    {
      name: "too few items",
      schema: { type: "array", minItems: 1, items: { type: "string" } },
      value: [],
      errors: ["spec: Invalid value: 0: spec in body should have at least 1 items"],
    },
    {
      name: "too many members",
      schema: { type: "object", maxProperties: 0 },
      value: { a: 1 },
      errors: ["spec: Too many: 1: must have at most 0 items"],
    },
    {
      name: "too few members",
      schema: { type: "object", minProperties: 1 },
      value: {},
      errors: ["spec: Invalid value: 0: spec in body should have at least 1 properties"],
    },
    {
      name: "an item twice in a set",
      schema: set,
      value: ["a", "b", "a"],
      errors: ['spec[2]: Duplicate value: "a"'],
    },
    {
      name: "a key twice in a map list, whatever else the items hold",
      schema: map,
      value: [
        { name: "a", x: 1 },
        { name: "a", x: 2 },
      ],
      errors: ['spec[1]: Duplicate value: {"name":"a"}'],
    },
    {
      name: "a plain list may repeat",
      schema: { type: "array", items: { type: "string" } },
      value: ["a", "a"],
      errors: [],
    },
  ];
  for (const { name, schema, value, errors } of rows) {
    it(name, () => assert.deepEqual(validateSchema(schema, value, "spec").map(renderFieldError), errors));
  }
});
