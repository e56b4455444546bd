import assert from "node:assert/strict";
import { validateCel } from "../../../../crds/validation/cel-rules.ts";
import type { StructuralSchema } from "../../../../crds/validation/schema.ts";
import { object, string, withRules } from "./rule-schemas.ts";

describe("validateCel on update", () => {
  const immutable = withRules(string, "self == oldSelf");
  const optional = withRules(string, {
    rule: "!oldSelf.hasValue() || oldSelf.value() == self",
    optionalOldSelf: true,
  });
  const items = object({ name: string, value: immutable });
  const map: StructuralSchema = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items,
  };
  const rows: readonly {
    name: string;
    schema: StructuralSchema;
    old: unknown;
    value: unknown;
    refused: boolean;
  }[] = [
    {
      name: "a transition rule is skipped on create",
      schema: immutable,
      old: undefined,
      value: "a",
      refused: false,
    },
    { name: "a transition rule sees the old value", schema: immutable, old: "a", value: "b", refused: true },
    { name: "an unchanged value passes", schema: immutable, old: "a", value: "a", refused: false },
    {
      name: "an optional oldSelf is empty on create",
      schema: optional,
      old: undefined,
      value: "a",
      refused: false,
    },
    {
      name: "an optional oldSelf holds the old value",
      schema: optional,
      old: "a",
      value: "b",
      refused: true,
    },
    {
      name: "items of a map list are matched by key",
      schema: map,
      old: [
        { name: "x", value: "1" },
        { name: "y", value: "2" },
      ],
      value: [
        { name: "y", value: "2" },
        { name: "x", value: "1" },
      ],
      refused: false,
    },
    {
      name: "a changed item of a map list is rejected",
      schema: map,
      old: [{ name: "x", value: "1" }],
      value: [
        { name: "new", value: "0" },
        { name: "x", value: "2" },
      ],
      refused: true,
    },
    {
      name: "items of a plain list have no old value",
      schema: { type: "array", items: immutable },
      old: ["a"],
      value: ["b"],
      refused: false,
    },
    {
      name: "a rule that has oldSelf only in a string literal is not a transition rule",
      schema: withRules(string, "self != 'oldSelf'"),
      old: undefined,
      value: "oldSelf",
      refused: true,
    },
  ];
  for (const { name, schema, old, value, refused } of rows) {
    it(name, () => assert.equal(validateCel(schema, value, old, "spec").length, refused ? 1 : 0));
  }
});
