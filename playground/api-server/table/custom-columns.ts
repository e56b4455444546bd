import { arrayAt, numberAt, stringAt, type JsonValue } from "../json-value.ts";
import { nameColumn, ageColumn, since, type Column } from "./column.ts";
import { compileJsonPath } from "./json-path.ts";

/** Columns of a custom resource version: Name, then its additionalPrinterColumns, or Age if it has none. */
export function customColumns(version: JsonValue): readonly Column[] {
  const declared = arrayAt(version, "additionalPrinterColumns").map(customColumn);
  return [nameColumn, ...(declared.length === 0 ? [ageColumn] : declared)];
}

function customColumn(declared: JsonValue): Column {
  const type = columnType(stringAt(declared, "type") ?? "string");
  const read = compileJsonPath(stringAt(declared, "jsonPath") ?? "");
  const format = stringAt(declared, "format");
  return {
    name: stringAt(declared, "name") ?? "",
    type,
    ...(format === undefined ? {} : { format }),
    description: stringAt(declared, "description") ?? "",
    priority: numberAt(declared, "priority") ?? 0,
    cell: (object, nowMs) => cellOf(type, read(object), nowMs),
  };
}

function columnType(type: string): Column["type"] {
  switch (type) {
    case "integer":
    case "number":
    case "boolean":
    case "date":
      return type;
    default:
      return "string";
  }
}

function cellOf(type: Column["type"], values: readonly JsonValue[], nowMs: number): JsonValue {
  const [value] = values;
  if (value === undefined) return null;
  switch (type) {
    case "integer":
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? since(value, nowMs) : null;
    case "string":
      return values.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join(",");
    default:
      return type satisfies never;
  }
}
