import { isJsonArray, isJsonObject, type JsonObject } from "../../crds/validation/json-object.ts";

/** The fields of a JSON object; none when the value is anything else. */
export function fieldsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The items of a JSON array; none when the value is anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return isJsonArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The string values of a map such as metadata.labels. */
export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).flatMap(([key, label]) =>
      typeof label === "string" ? [[key, label]] : [],
    ),
  );
}
