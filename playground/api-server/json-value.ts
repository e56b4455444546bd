/** Any JSON value. Properties that are `undefined` count as absent everywhere in the API server. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined };

/** Whether the value is an object, that is, neither an array nor null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isJsonArray(value);
}

/** Like `Array.isArray`, for JSON values. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The value at a path of property names, `undefined` if any part is missing. */
export function valueAt(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let current = value;
  for (const key of path) current = isJsonObject(current) ? ownValue(current, key) : undefined;
  return current;
}

/** A property of the object itself, never one inherited from Object.prototype. */
export function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The object at a path; empty if it is missing or not an object. */
export function objectAt(value: JsonValue | undefined, ...path: readonly string[]): JsonObject {
  const found = valueAt(value, ...path);
  return isJsonObject(found) ? found : {};
}

/** The array at a path; empty if it is missing or not an array. */
export function arrayAt(value: JsonValue | undefined, ...path: readonly string[]): readonly JsonValue[] {
  const found = valueAt(value, ...path);
  return isJsonArray(found) ? found : [];
}

/** The string at a path, `undefined` if there is none. */
export function stringAt(value: JsonValue | undefined, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The number at a path, `undefined` if there is none. */
export function numberAt(value: JsonValue | undefined, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** The strings of the array at a path, without other elements. */
export function stringsAt(value: JsonValue | undefined, ...path: readonly string[]): readonly string[] {
  return arrayAt(value, ...path).filter((element) => typeof element === "string");
}

/** A scalar as text; "" for null and absent values, JSON for objects and arrays. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Properties that are present, in order. */
export function entriesOf(object: JsonObject): readonly (readonly [string, JsonValue])[] {
  return Object.entries(object).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
}

/** The object without some of its properties. */
export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(entriesOf(object).filter(([key]) => !keys.includes(key)));
}

/** A copy of the object with the value at the path replaced; creates missing objects on the path. */
export function withValueAt(object: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  if (rest.length === 0) return { ...object, [key]: value };
  return { ...object, [key]: withValueAt(objectAt(object, key), rest, value) };
}

/** Deep equality of JSON values; ignores the order of properties, but not that of elements. */
export function jsonEquals(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === right) return true;
  if (isJsonArray(left) && isJsonArray(right)) {
    return left.length === right.length && left.every((element, index) => jsonEquals(element, right[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const leftEntries = entriesOf(left);
  return (
    leftEntries.length === entriesOf(right).length &&
    leftEntries.every(([key, value]) => jsonEquals(value, ownValue(right, key)))
  );
}

/** Canonical text of the value, with sorted object properties: equal values have equal texts. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(sortKeys(value));
}

function sortKeys(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const sorted = entriesOf(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, element]) => [key, sortKeys(element)]));
}
