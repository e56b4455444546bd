import type { StructuralSchema } from "../../../crds/validation/schema.ts";
import { isJsonObject, type JsonValue } from "../json-value.ts";

/**
 * The schema of a field: a structural schema with additions for built-in types. Decoding, patches, field ownership and OpenAPI
 * use it.
 */
export interface Schema extends StructuralSchema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly "x-kubernetes-patch-merge-key"?: string;
  /** Comma-separated, such as `merge,retainKeys`. */
  readonly "x-kubernetes-patch-strategy"?: string;
  /** OpenAPI component of this schema, if several fields share it. */
  readonly component?: string;
}

/** Format of times with microseconds, metav1.MicroTime. */
export const microTime = "micro-time";

/** A field that may have any content, as one atomic value. */
export const anything: Schema = {
  "x-kubernetes-preserve-unknown-fields": true,
  "x-kubernetes-map-type": "atomic",
};

/** A field inside one that preserves unknown fields: its structure is derived from its value. */
export const untyped: Schema = { "x-kubernetes-preserve-unknown-fields": true };

/** The schema of a CustomResourceDefinition version, already accepted by the definition's own validation. */
export function parseSchema(value: JsonValue | undefined): Schema {
  return isJsonObject(value) ? value : untyped;
}

/** Schema of a property; `undefined` if the schema does not know it. */
export function propertySchema(schema: Schema, name: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, name))
    return schema.properties[name];
  if (typeof schema.additionalProperties === "object") return schema.additionalProperties;
  return acceptsAnyProperty(schema) ? untyped : undefined;
}

/** Whether properties that are not in the schema are kept. */
export function acceptsAnyProperty(schema: Schema): boolean {
  const untyped = schema.type === undefined && schema.properties === undefined && schema.items === undefined;
  return (
    schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true || untyped
  );
}

/** Whether the property is a named field of a struct rather than a key of a map. */
export function isNamedField(schema: Schema, name: string): boolean {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, name);
}

/** Schema of the items of a list. */
export function itemSchema(schema: Schema): Schema {
  return schema.items ?? untyped;
}
