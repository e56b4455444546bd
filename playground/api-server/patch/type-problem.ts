import { canonicalJson, entriesOf, isJsonArray, isJsonObject, ownValue } from "../json-value.ts";
import type { JsonValue } from "../json-value.ts";
import { itemSchema, propertySchema, untyped, type Schema } from "../schema/schema.ts";

/**
 * Why server-side apply cannot determine the fields of the value, or undefined: the type of a value differs from its field, a
 * list item lacks its keys, or two items have the same keys. Same wording as structured merge diff, which reports it before
 * any other validation.
 *
 * @param path such as `.spec.services`, empty for the whole object
 */
export function typeProblem(schema: Schema, value: JsonValue, path = ""): string | undefined {
  if (value === null || schema["x-kubernetes-int-or-string"] === true) return undefined;
  const expected = expectedKind(schema);
  if (expected !== undefined && !isOfKind(expected, value)) {
    return `${path}: expected ${expected}, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`;
  }
  if (isJsonArray(value)) return itemProblem(schema, value, path);
  if (!isJsonObject(value)) return undefined;
  return firstOf(entriesOf(value), ([key, member]) =>
    typeProblem(propertySchema(schema, key) ?? untyped, member, `${path}.${key}`),
  );
}

type Kind = "string" | "boolean" | "numeric (int or float)" | "list" | "map";

function expectedKind(schema: Schema): Kind | undefined {
  switch (schema.type ?? "") {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "integer":
    case "number":
      return "numeric (int or float)";
    case "array":
      return "list";
    case "object":
      return "map";
    default:
      return undefined;
  }
}

function isOfKind(kind: Kind, value: JsonValue): boolean {
  if (kind === "list") return isJsonArray(value);
  if (kind === "map") return isJsonObject(value);
  return typeof value === (kind === "numeric (int or float)" ? "number" : kind);
}

function itemProblem(schema: Schema, list: readonly JsonValue[], path: string): string | undefined {
  const below = firstOf(list.entries(), ([index, item]) =>
    typeProblem(itemSchema(schema), item, `${path}[${index}]`),
  );
  if (below !== undefined) return below;
  switch (schema["x-kubernetes-list-type"]) {
    case "map":
      return keyProblem(schema, list, path);
    case "set":
      return duplicate(
        list.map((item) => `=${canonicalJson(item)}`),
        path,
      );
    case "atomic":
    case undefined:
    default:
      return undefined;
  }
}

function keyProblem(schema: Schema, list: readonly JsonValue[], path: string): string | undefined {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const valueOf = (item: JsonValue, key: string): JsonValue | undefined =>
    isJsonObject(item) ? (ownValue(item, key) ?? keyDefault(schema, key)) : undefined;
  const keyless = list.findIndex((item) => keys.every((key) => valueOf(item, key) === undefined));
  if (keyless !== -1) {
    const omitted = JSON.stringify(keys);
    return (
      `${path}: element ${keyless}: associative list with keys has an element that omits all key fields ${omitted} ` +
      "(and doesn't have default values for any key fields)"
    );
  }
  return duplicate(
    list.map((item) =>
      keys
        .toSorted()
        .map((key) => `${key}=${canonicalJson(valueOf(item, key) ?? null)}`)
        .join(","),
    ),
    path,
  );
}

function keyDefault(schema: Schema, key: string): JsonValue | undefined {
  return propertySchema(itemSchema(schema), key)?.default as JsonValue | undefined;
}

function duplicate(elements: readonly string[], path: string): string | undefined {
  const twice = elements.find((element, index) => elements.indexOf(element) !== index);
  return twice === undefined ? undefined : `${path}: duplicate entries for key [${twice}]`;
}

function firstOf<Item>(
  items: Iterable<Item>,
  problemOf: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
