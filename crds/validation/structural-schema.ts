import { duplicate, required, tooMany, typeInvalid, invalid, type FieldError } from "./field-error.ts";
import { isJsonArray, isJsonObject } from "./json-object.ts";
import { jsonTypeOf, validateScalar } from "./scalar-rules.ts";
import type { StructuralSchema } from "./schema.ts";

/** Schema of a member of an object: a declared property, else additionalProperties. */
export function memberSchema(schema: StructuralSchema, key: string): StructuralSchema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Path of a member of the object at `path`. */
export function memberPath(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/**
 * Removes the fields that the schema does not know, as kube-apiserver does before it stores an object. `value` is a
 * whole resource: its apiVersion, kind and metadata are kept regardless of the schema.
 *
 * @returns the pruned copy and the paths of the removed fields
 */
export function pruneUnknown(
  schema: StructuralSchema,
  value: unknown,
): { readonly value: unknown; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  return { value: prune({ ...schema, "x-kubernetes-embedded-resource": true }, value, "", unknown), unknown };
}

function prune(schema: StructuralSchema, value: unknown, path: string, unknown: string[]): unknown {
  if (isJsonArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown));
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    if (isTypeOrObjectMeta(schema, key)) return [[key, member]];
    const known = memberSchema(schema, key);
    if (known !== undefined) return [[key, prune(known, member, memberPath(path, key), unknown)]];
    if (keepsUnknownMembers(schema)) return [[key, member]];
    unknown.push(memberPath(path, key));
    return [];
  });
  return Object.fromEntries(entries);
}

function isTypeOrObjectMeta(schema: StructuralSchema, key: string): boolean {
  return (
    schema["x-kubernetes-embedded-resource"] === true &&
    (key === "apiVersion" || key === "kind" || key === "metadata")
  );
}

function keepsUnknownMembers(schema: StructuralSchema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
}

/**
 * Fills in the defaults of absent members, outer ones first, so that a default object gets the defaults of its own
 * members. A null value that the schema does not allow counts as absent. Returns a copy.
 */
export function applyDefaults(schema: StructuralSchema, value: unknown): unknown {
  if (isJsonArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => applyDefaults(items, item));
  }
  if (!isJsonObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known === undefined) result[key] = member;
    else if (member !== null || known.nullable === true) result[key] = applyDefaults(known, member);
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (result[key] === undefined && property.default !== undefined) {
      result[key] = applyDefaults(property, structuredClone(property.default));
    }
  }
  return result;
}

/**
 * Checks a value against the schema without its CEL rules (see `cel-rules.ts`): types, limits, required members, enums,
 * formats and the uniqueness of set and map lists. Ignores unknown members: prune first.
 *
 * @param path of the value, empty for a whole resource
 */
export function validateSchema(
  schema: StructuralSchema,
  value: unknown,
  path: string,
): readonly FieldError[] {
  if (value === null && schema.nullable === true) return [];
  const expected = schema["x-kubernetes-int-or-string"] === true ? ["integer", "string"] : schema.type;
  const found = jsonTypeOf(value);
  if (expected !== undefined && !matchesType(found, expected)) {
    return [typeInvalid(path, found, [expected].flat().join(","))];
  }
  if (isJsonObject(value)) return validateObject(schema, value, path);
  if (isJsonArray(value)) return validateArray(schema, value, path);
  return validateScalar(schema, value, path);
}

function matchesType(found: string, expected: string | readonly string[]): boolean {
  return expected.includes(found) || (expected === "number" && found === "integer");
}

function validateObject(
  schema: StructuralSchema,
  value: Readonly<Record<string, unknown>>,
  path: string,
): readonly FieldError[] {
  const size = Object.keys(value).length;
  const errors: FieldError[] = [];
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    errors.push(tooMany(path, size, schema.maxProperties));
  }
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    errors.push(
      invalid(path, size, `${path} in body should have at least ${schema.minProperties} properties`),
    );
  }
  for (const key of schema.required ?? []) {
    if (value[key] === undefined) errors.push(required(memberPath(path, key)));
  }
  for (const [key, member] of Object.entries(value)) {
    const known = memberSchema(schema, key);
    if (known !== undefined) errors.push(...validateSchema(known, member, memberPath(path, key)));
  }
  return errors;
}

function validateArray(
  schema: StructuralSchema,
  value: readonly unknown[],
  path: string,
): readonly FieldError[] {
  const { items, minItems, maxItems } = schema;
  const errors: FieldError[] = [];
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (items !== undefined) {
    errors.push(...value.flatMap((item, index) => validateSchema(items, item, `${path}[${index}]`)));
  }
  return [...errors, ...duplicateItems(schema, value, path)];
}

function duplicateItems(
  schema: StructuralSchema,
  value: readonly unknown[],
  path: string,
): readonly FieldError[] {
  const listType = schema["x-kubernetes-list-type"];
  if (listType !== "set" && listType !== "map") return [];
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const identity = listType === "set" ? item : listMapKey(schema, item);
    const text = JSON.stringify(identity);
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity)];
    seen.add(text);
    return [];
  });
}

/** The members that identify an item of a list of type map. */
export function listMapKey(schema: StructuralSchema, item: unknown): Readonly<Record<string, unknown>> {
  if (!isJsonObject(item)) return {};
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  return Object.fromEntries(keys.filter((key) => key in item).map((key) => [key, item[key]]));
}
