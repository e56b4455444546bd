import { stringAt, valueAt, type JsonValue } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import { shortDuration } from "./short-duration.ts";

/** One column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** `name` for the first column. */
  readonly format?: string;
  readonly description?: string;
  /** Columns above 0 are shown only with `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, nowMs: number) => JsonValue;
}

/** First column of every table. */
export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  cell: (object) => object.metadata.name,
};

/** Age of the object. */
export const ageColumn: Column = {
  name: "Age",
  type: "string",
  description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
  cell: (object, nowMs) => since(object.metadata.creationTimestamp, nowMs),
};

/** A column that shows a field unchanged, or `<none>`. */
export function fieldColumn(
  name: string,
  path: readonly string[],
  options: Partial<Pick<Column, "type" | "priority">> = {},
): Column {
  return {
    name,
    type: "string",
    ...options,
    cell: (object) => valueAt(object, ...path) ?? missing(options.type),
  };
}

function missing(type: Column["type"] | undefined): JsonValue {
  return type === "integer" ? 0 : "<none>";
}

/** Duration since an RFC 3339 time, or `<unknown>`. */
export function since(time: string | undefined, nowMs: number): string {
  return time === undefined ? "<unknown>" : shortDuration(nowMs - Date.parse(time));
}

/** Text of a field, "" if it is absent. */
export function text(object: KubeObject, ...path: readonly string[]): string {
  return stringAt(object, ...path) ?? "";
}
