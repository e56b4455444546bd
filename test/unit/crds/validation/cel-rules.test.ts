import assert from "node:assert/strict";
import { validateCel } from "../../../../crds/validation/cel-rules.ts";
import { renderFieldError } from "../../../../crds/validation/field-error.ts";
import type { CelRule, StructuralSchema } from "../../../../crds/validation/schema.ts";
import { any, integer, object, string, withRules } from "./rule-schemas.ts";

/** A message shows the value, unless it is an object or a list. */
function shown({ type }: StructuralSchema, value: unknown): string {
  return type === "object" || type === "array" ? "" : `${JSON.stringify(value)}: `;
}

describe("validateCel accepts and rejects", () => {
  const rows: readonly { schema: StructuralSchema; rule: string; good: unknown; bad: unknown }[] = [
    { schema: integer, rule: "self + 1 < 10 && self % 2 == 0", good: 4, bad: 5 },
    { schema: { type: "number" }, rule: "self >= 1.5", good: 2, bad: 1 },
    { schema: string, rule: "isCIDR(self)", good: "10.0.0.1/8", bad: "10.0.0.0/33" },
    { schema: string, rule: "isCIDR(self)", good: "fd00::/64", bad: "fd00::/129" },
    { schema: string, rule: "isCIDR(self)", good: "0.0.0.0/0", bad: "10.0.0.0" },
    { schema: string, rule: "isCIDR(self)", good: "10.1.1.1/32", bad: "010.1.1.1/32" },
    { schema: string, rule: "isCIDR(self)", good: "10.1.1.1/8", bad: "10.1.1.1/08" },
    { schema: string, rule: "isIP(self)", good: "::1", bad: "fe80::1%eth0" },
    { schema: string, rule: "isIP(self)", good: "192.0.2.1", bad: "::ffff:192.0.2.1" },
    { schema: string, rule: "self.matches('^[a-z]+$') && self.size() <= 3", good: "abc", bad: "abcd" },
    {
      schema: { "x-kubernetes-int-or-string": true },
      rule: "type(self) == string ? self.endsWith('%') : self > 0",
      good: "5%",
      bad: 0,
    },
    {
      schema: object({ a: string, b: string }),
      rule: "has(self.a) || has(self.b)",
      good: { b: "x" },
      bad: {},
    },
    { schema: object({ a: integer }), rule: "self.?a.orValue(0) == 3", good: { a: 3 }, bad: {} },
    {
      schema: { type: "array", items: string },
      rule: "self.all(x, x.startsWith('a')) && self.exists_one(x, x == 'ab')",
      good: ["ab", "ac"],
      bad: ["ab", "b"],
    },
    {
      schema: { type: "object", additionalProperties: integer },
      rule: "self.all(key, self[key] > 0) && 'a' in self",
      good: { a: 1 },
      bad: { a: 0 },
    },
    {
      schema: { type: "string", format: "date-time" },
      rule: "self < timestamp('2026-01-01T00:00:00Z')",
      good: "2025-12-31T23:59:59Z",
      bad: "2026-01-01T00:00:01Z",
    },
  ];
  for (const { schema, rule, good, bad } of rows) {
    it(`${rule}: ${JSON.stringify(good)} but not ${JSON.stringify(bad)}`, () => {
      assert.deepEqual(validateCel(withRules(schema, rule), good, undefined, "spec"), []);
      assert.deepEqual(validateCel(withRules(schema, rule), bad, undefined, "spec").map(renderFieldError), [
        `spec: Invalid value: ${shown(schema, bad)}failed rule: ${rule}`,
      ]);
    });
  }
});

/** An object schema whose rule { a: 1 } violates. */
function violated(rule: Partial<CelRule>): StructuralSchema {
  return withRules(object({ a: integer }), { rule: "self.a > 9", ...rule });
}

describe("validateCel reports", () => {
  const rows: readonly {
    name: string;
    rule: Partial<CelRule>;
    field?: string;
    reason?: string;
    message: string;
  }[] = [
    { name: "the message", rule: { message: "a must exceed 9" }, message: "Invalid value: a must exceed 9" },
    {
      name: "the messageExpression before the message",
      rule: { message: "fixed", messageExpression: "'a is ' + string(self.a)" },
      message: "Invalid value: a is 1",
    },
    {
      name: "the message if the messageExpression fails",
      rule: { message: "fixed", messageExpression: "self.missing" },
      message: "Invalid value: fixed",
    },
    {
      name: "the fieldPath",
      rule: { message: "m", fieldPath: ".a" },
      field: "spec.a",
      message: "Invalid value: m",
    },
    {
      name: "reason FieldValueRequired",
      rule: { message: "m", reason: "FieldValueRequired" },
      reason: "FieldValueRequired",
      message: "Required value: m",
    },
    {
      name: "reason FieldValueForbidden",
      rule: { message: "m", reason: "FieldValueForbidden" },
      reason: "FieldValueForbidden",
      message: "Forbidden: m",
    },
    {
      name: "reason FieldValueDuplicate",
      rule: { message: "m", reason: "FieldValueDuplicate" },
      reason: "FieldValueDuplicate",
      message: "Duplicate value",
    },
    {
      name: "a rule that cannot be evaluated",
      rule: { rule: "self.missing == 1" },
      message: 'Invalid value: "object": No such key: missing evaluating rule: self.missing == 1',
    },
  ];
  for (const { name, rule, field = "spec", reason = "FieldValueInvalid", message } of rows) {
    it(name, () => {
      const [error, ...others] = validateCel(violated(rule), { a: 1 }, undefined, "spec");
      assert.deepEqual(
        { field: error?.field, reason: error?.reason, message: error?.message, others },
        { field, reason, message, others: [] },
      );
    });
  }
});

describe("validateCel shows the value of", () => {
  const refusal = { rule: "false", message: "m" };
  const rows: readonly {
    name: string;
    schema: StructuralSchema;
    value: unknown;
    errors: readonly string[];
  }[] = [
    { name: "a string", schema: string, value: "x", errors: ['spec: Invalid value: "x": m'] },
    {
      name: "a number or a string",
      schema: { "x-kubernetes-int-or-string": true },
      value: 0,
      errors: ["spec: Invalid value: 0: m"],
    },
  ];
  for (const { name, schema, value, errors } of rows) {
    it(name, () =>
      assert.deepEqual(
        validateCel(withRules(schema, refusal), value, undefined, "spec").map(renderFieldError),
        errors,
      ),
    );
  }

  it("a scalar with reason FieldValueDuplicate, and leaves out the message", () => {
    const schema = withRules(integer, { ...refusal, reason: "FieldValueDuplicate" });
    assert.deepEqual(validateCel(schema, 7, undefined, "spec").map(renderFieldError), [
      "spec: Duplicate value: 7",
    ]);
  });
});

function resourceNamed(name: string): object {
  return { metadata: { name, labels: { a: "b" } } };
}

describe("validateCel walks", () => {
  const refusing = withRules(string, "false");
  const rows: readonly {
    name: string;
    schema: StructuralSchema;
    value: unknown;
    fields: readonly string[];
  }[] = [
    {
      name: "members",
      schema: object({ a: object({ b: refusing }) }),
      value: { a: { b: "x" } },
      fields: ["spec.a.b"],
    },
    {
      name: "items",
      schema: { type: "array", items: refusing },
      value: ["x", "y"],
      fields: ["spec[0]", "spec[1]"],
    },
    {
      name: "additional members",
      schema: { type: "object", additionalProperties: refusing },
      value: { k: "x" },
      fields: ["spec[k]"],
    },
    {
      name: "past null and absent members",
      schema: object({ a: refusing, b: refusing }),
      value: { a: null },
      fields: [],
    },
    { name: "past members that the schema does not know", schema: any, value: { a: "x" }, fields: [] },
  ];
  for (const { name, schema, value, fields } of rows) {
    it(name, () =>
      assert.deepEqual(
        validateCel(schema, value, undefined, "spec").map(({ field }) => field),
        fields,
      ),
    );
  }

  it("gives rules of the resource access to its name but to no other metadata", () => {
    const schema = withRules(object({}), "self.metadata.name.size() < 3", "!has(self.metadata.labels)");
    assert.deepEqual(validateCel(schema, resourceNamed("ab"), undefined, ""), []);
    assert.deepEqual(
      validateCel(schema, resourceNamed("abc"), undefined, "").map(({ message }) => message),
      ["Invalid value: failed rule: self.metadata.name.size() < 3"],
    );
  });
});
