import type { CelRule, StructuralSchema } from "../../../../crds/validation/schema.ts";

export const any: StructuralSchema = { "x-kubernetes-preserve-unknown-fields": true };
export const integer: StructuralSchema = { type: "integer" };
export const string: StructuralSchema = { type: "string" };

/** The schema with rules that its values must satisfy. */
export function withRules(
  schema: StructuralSchema,
  ...rules: readonly (string | CelRule)[]
): StructuralSchema {
  return {
    ...schema,
    "x-kubernetes-validations": rules.map((rule) => (typeof rule === "string" ? { rule } : rule)),
  };
}

/** Schema of an object with these members. */
export function object(properties: Readonly<Record<string, StructuralSchema>>): StructuralSchema {
  return { type: "object", properties };
}
