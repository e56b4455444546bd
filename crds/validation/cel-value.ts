import { isJsonArray, isJsonObject } from "./json-object.ts";
import type { StructuralSchema } from "./schema.ts";
import { memberSchema } from "./structural-schema.ts";

/**
 * A JSON value as CEL sees it: integers as int (BigInt, because arithmetic with literals has no overload for numbers),
 * date-times as timestamp, and only members that the schema knows.
 *
 * @param isResource whether the value is a whole resource; rules see only name and generateName of its metadata
 */
export function celValue(schema: StructuralSchema, value: unknown, isResource: boolean): unknown {
  if (typeof value === "number") return isCelInt(schema, value) ? BigInt(value) : value;
  if (typeof value === "string") return schema.format === "date-time" ? new Date(value) : value;
  if (isJsonArray(value)) {
    const { items = {} } = schema;
    return value.map((item) => celValue(items, item, false));
  }
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    if (isResource && (key === "apiVersion" || key === "kind")) return [[key, member]];
    if (isResource && key === "metadata") return [[key, visibleMetadata(member)]];
    const known = memberSchema(schema, key);
    if (known === undefined) return [];
    return [[key, celValue(known, member, known["x-kubernetes-embedded-resource"] === true)]];
  });
  return Object.fromEntries(members);
}

function isCelInt(schema: StructuralSchema, value: number): boolean {
  return Number.isInteger(value) && schema.type !== "number";
}

function visibleMetadata(metadata: unknown): unknown {
  if (!isJsonObject(metadata)) return {};
  return Object.fromEntries(
    Object.entries(metadata).filter(([key]) => key === "name" || key === "generateName"),
  );
}
