import { entriesOf, isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../json-value.ts";
import { acceptsAnyProperty, itemSchema, microTime, propertySchema, type Schema } from "./schema.ts";

/** The decoded value and its problems. Paths are such as `spec.ports[0].port`. */
export interface Decoded {
  /** The value without unknown fields and without nulls. */
  readonly value: JsonObject;
  readonly unknownFields: readonly string[];
  /** Values of the wrong type, with the wording of Go's JSON decoder. */
  readonly typeErrors: readonly string[];
}

/** Decodes a built-in object like the Go type that kube-apiserver uses. */
export function decode(schema: Schema, object: JsonObject): Decoded {
  const unknownFields: string[] = [];
  const typeErrors: string[] = [];
  const value = decodeObject(schema, object, "", { unknownFields, typeErrors });
  return { value, unknownFields, typeErrors };
}

interface Findings {
  readonly unknownFields: string[];
  readonly typeErrors: string[];
}

function decodeObject(schema: Schema, object: JsonObject, path: string, findings: Findings): JsonObject {
  const decoded: [string, JsonValue][] = [];
  for (const [key, value] of entriesOf(object)) {
    const fieldPath = path === "" ? key : `${path}.${key}`;
    const field = propertySchema(schema, key);
    if (field === undefined) findings.unknownFields.push(fieldPath);
    else if (value !== null && !isOmitted(schema, key, value)) {
      decoded.push([key, decodeValue(field, value, fieldPath, findings)]);
    }
  }
  return Object.fromEntries(decoded);
}

/** For an optional field, Go omits empty lists and maps, but not empty structs. */
function isOmitted(schema: Schema, key: string, value: JsonValue): boolean {
  if (schema.required?.includes(key) === true) return false;
  const field = propertySchema(schema, key);
  // Not in a field that allows any type, such as the default in the schema of a CRD.
  if (isJsonArray(value)) return field?.type === "array" && value.length === 0;
  const isMap = field?.additionalProperties !== undefined;
  return isMap && isJsonObject(value) && entriesOf(value).length === 0;
}

function decodeValue(schema: Schema, value: JsonValue, path: string, findings: Findings): JsonValue {
  if (schema.format === "quantity" && typeof value === "number") return String(value);
  if (!fits(schema, value)) {
    findings.typeErrors.push(
      `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${path} of type ${goType(schema)}`,
    );
    return value;
  }
  if (typeof value === "string" && schema.format === microTime && !isMicroTime(value)) {
    findings.typeErrors.push(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse it`,
    );
    return value;
  }
  if (isJsonArray(value) && schema.items !== undefined) {
    const items = itemSchema(schema);
    return value.map((element, index) => decodeValue(items, element, `${path}[${index}]`, findings));
  }
  if (isJsonObject(value) && !isOpaque(schema)) return decodeObject(schema, value, path, findings);
  return value;
}

/** metav1.MicroTime is written and read with exactly six fractional digits. */
function isMicroTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/.test(text);
}

function isOpaque(schema: Schema): boolean {
  return schema.properties === undefined && acceptsAnyProperty(schema);
}

function fits(schema: Schema, value: JsonValue): boolean {
  if (schema["x-kubernetes-int-or-string"] === true) {
    return typeof value === "string" || Number.isInteger(value);
  }
  switch (schema.type ?? "") {
    case "object":
      return isJsonObject(value);
    case "array":
      return isJsonArray(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
    case "boolean":
    case "number":
      return typeof value === schema.type;
    default:
      return true;
  }
}

function jsonKind(value: JsonValue): string {
  if (isJsonArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value;
}

function goType(schema: Schema): string {
  switch (schema.type ?? "") {
    case "integer":
      return schema.format ?? "int64";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    case "array":
      return "slice";
    case "object":
      return schema.component ?? "map";
    case "string":
      return "string";
    default:
      return "value";
  }
}
