import { z } from "zod";
import { isJsonObject } from "../crds/validation/json-object.ts";
import type { StructuralSchema } from "../crds/validation/schema.ts";
import { applyDefaults } from "../crds/validation/structural-schema.ts";

/** Keywords of our schemas, in the order of the output. */
const keywords = [
  "description",
  "type",
  "format",
  "enum",
  "default",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "maxProperties",
  "required",
  "properties",
  "additionalProperties",
  "items",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
] as const;

/**
 * Converts a zod schema to the structural schema of what users may write. kube-apiserver accepts less than OpenAPI: no unions
 * but int-or-string, only known formats, and only defaults that satisfy CEL rules without nested defaulting.
 *
 * @throws Error with the path of a keyword, union or pattern that a structural schema cannot express
 */
export function structuralSchemaOf(schema: z.ZodType): StructuralSchema {
  return normalise(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input" }), "");
}

function normalise(schema: unknown, path: string): StructuralSchema {
  if (!isJsonObject(schema)) throw new Error(`${path}: a schema must be an object`);
  const entries = new Map<string, unknown>(Object.entries(schema));
  if (entries.has("anyOf")) toIntOrString(entries, path);
  if (entries.get("type") === "integer") setIntegerFormat(entries);
  const unexpected = [...entries.keys()].find((key) => !keywords.some((keyword) => keyword === key));
  if (unexpected !== undefined) throw new Error(`${path}: a structural schema cannot express ${unexpected}`);

  const { pattern, properties, items, additionalProperties } = Object.fromEntries(entries);
  if (typeof pattern === "string") entries.set("pattern", toRE2(pattern, path));
  if (isJsonObject(properties)) {
    const members = Object.entries(properties);
    entries.set(
      "properties",
      Object.fromEntries(members.map(([key, member]) => [key, normalise(member, `${path}.${key}`)])),
    );
  }
  if (items !== undefined) entries.set("items", normalise(items, `${path}[]`));
  if (additionalProperties !== undefined) {
    entries.set("additionalProperties", normalise(additionalProperties, `${path}.*`));
  }
  if (entries.has("default")) {
    entries.set("default", applyDefaults(Object.fromEntries(entries), entries.get("default")));
  }
  return Object.fromEntries(keywords.flatMap((key) => (entries.has(key) ? [[key, entries.get(key)]] : [])));
}

/** Checks a pattern for kube-apiserver, whose engine RE2 supports neither look-around nor back-references. */
function toRE2(pattern: string, path: string): string {
  if (/\(\?(?!:)|\\[1-9]/.test(pattern)) throw new Error(`${path}: RE2 does not support all of ${pattern}`);
  return pattern.replaceAll(String.raw`\/`, "/");
}

/** A union of an integer and a string. A CEL rule limits both, because it can do so with one message. */
function toIntOrString(schema: Map<string, unknown>, path: string): void {
  const branches: unknown = schema.get("anyOf");
  const types = Array.isArray(branches)
    ? branches.map((branch) => isJsonObject(branch) && branch["type"])
    : [];
  if (types.join() !== "integer,string")
    throw new Error(`${path}: a structural schema cannot express this union`);
  schema.delete("anyOf");
  schema.set("x-kubernetes-int-or-string", true);
}

function setIntegerFormat(schema: Map<string, unknown>): void {
  for (const limit of ["minimum", "maximum"]) {
    if (Math.abs(Number(schema.get(limit))) === Number.MAX_SAFE_INTEGER) schema.delete(limit);
  }
  const largest = schema.get("maximum") ?? Infinity;
  schema.set("format", Number(largest) < 2 ** 31 ? "int32" : "int64");
}
