import assert from "node:assert/strict";
import { z } from "zod";
import type { StructuralSchema } from "../../../crds/validation/schema.ts";
import { structuralSchemaOf } from "../../../scripts/structural-schema-of.ts";

describe("structuralSchemaOf", () => {
  const rows: readonly { name: string; schema: z.ZodType; expected: StructuralSchema }[] = [
    {
      name: "an integer without bounds is an int64 without bounds",
      schema: z.int(),
      expected: { type: "integer", format: "int64" },
    },
    {
      name: "an integer with a small maximum is an int32",
      schema: z.int().min(0).max(10),
      expected: { type: "integer", format: "int32", minimum: 0, maximum: 10 },
    },
    {
      name: "a union of integer and string is an int-or-string",
      schema: z.union([z.int().min(1), z.string().regex(/%$/)]).default(1),
      expected: { default: 1, "x-kubernetes-int-or-string": true },
    },
    {
      name: "a default object is written out with the defaults of its members",
      schema: z.object({ a: z.object({ b: z.string().default("c") }).prefault({}) }).prefault({}),
      expected: {
        type: "object",
        default: { a: { b: "c" } },
        properties: {
          a: { type: "object", default: { b: "c" }, properties: { b: { type: "string", default: "c" } } },
        },
      },
    },
    {
      name: "a member with a default is not required",
      schema: z.object({ a: z.string(), b: z.string().default("c"), d: z.string().optional() }),
      expected: {
        type: "object",
        required: ["a"],
        properties: { a: { type: "string" }, b: { type: "string", default: "c" }, d: { type: "string" } },
      },
    },
    {
      name: "a record keeps the schema of its values",
      schema: z.record(z.string().max(5), z.string().max(6)),
      expected: { type: "object", additionalProperties: { type: "string", maxLength: 6 } },
    },
    {
      name: "slashes in a pattern are not escaped",
      schema: z.string().regex(/^a\/b$/),
      expected: { type: "string", pattern: "^a/b$" },
    },
    {
      name: "extensions and descriptions come from the metadata",
      schema: z.array(z.string()).meta({ "x-kubernetes-list-type": "set" }).describe("Names."),
      expected: {
        description: "Names.",
        type: "array",
        items: { type: "string" },
        "x-kubernetes-list-type": "set",
      },
    },
  ];
  for (const { name, schema, expected } of rows) {
    it(name, () => assert.deepEqual(structuralSchemaOf(schema), expected));
  }

  const refused: readonly { name: string; schema: z.ZodType; message: RegExp }[] = [
    {
      name: "another union",
      schema: z.object({ a: z.union([z.string(), z.boolean()]) }),
      message: /^\.a: .* this union$/,
    },
    {
      name: "an object that allows no other members",
      schema: z.object({ a: z.array(z.strictObject({})) }),
      message: /^\.a\[\]/,
    },
    {
      name: "a pattern with look-around",
      schema: z.object({ a: z.string().regex(/^(?!b)/) }),
      message: /^\.a: RE2/,
    },
  ];
  for (const { name, schema, message } of refused) {
    it(`rejects ${name} and reports its path`, () =>
      assert.throws(() => structuralSchemaOf(schema), { message }));
  }
});
