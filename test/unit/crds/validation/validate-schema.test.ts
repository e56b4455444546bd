import assert from "node:assert/strict";
import { renderFieldError } from "../../../../crds/validation/field-error.ts";
import type { StructuralSchema } from "../../../../crds/validation/schema.ts";
import { validateSchema } from "../../../../crds/validation/structural-schema.ts";

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
      name: "the error for a value outside the enum lists the supported values",
      schema: { type: "string", enum: ["nftables", "ipvs"] },
      value: "bogus",
      errors: ['spec: Unsupported value: "bogus": supported values: "nftables", "ipvs"'],
    },
    {
      name: "the error for a value of the wrong type contains both types",
      schema: { type: "integer" },
      value: "5",
      errors: ['spec: Invalid value: "string": spec in body must be of type integer: "string"'],
    },
    {
      name: "a fraction is not an integer",
      schema: { type: "integer" },
      value: 1.5,
      errors: ['spec: Invalid value: "number": spec in body must be of type integer: "number"'],
    },
    { name: "an integer is a number", schema: { type: "number" }, value: 1, errors: [] },
    { name: "int-or-string accepts an integer", schema: intOrString, value: 1, errors: [] },
    { name: "int-or-string accepts a string", schema: intOrString, value: "10%", errors: [] },
    {
      name: "int-or-string accepts nothing else",
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
      name: "not a multiple",
      schema: { type: "integer", multipleOf: 5 },
      value: 7,
      errors: ["spec: Invalid value: 7: spec in body should be a multiple of 5"],
    },
    {
      name: "too long; the error does not repeat the value",
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
      name: "not matching the pattern",
      schema: { type: "string", pattern: "^[a-z]+$" },
      value: "A",
      errors: ["spec: Invalid value: \"A\": spec in body should match '^[a-z]+$'"],
    },
    {
      name: "not a date-time",
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
      name: "every invalid member is reported",
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
      name: "a duplicate item in a set",
      schema: set,
      value: ["a", "b", "a"],
      errors: ['spec[2]: Duplicate value: "a"'],
    },
    {
      name: "a duplicate key in a map list, even if the items differ",
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
