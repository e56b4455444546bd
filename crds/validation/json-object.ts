/** Fields of a JSON object whose types are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object, that is, neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Like `Array.isArray`, but with items of type unknown instead of any. */
export function isJsonArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
