import { invalid, notSupported, tooLong, typeInvalid, type FieldError } from "./field-error.ts";
import type { StructuralSchema } from "./schema.ts";

/** Name of the JSON Schema type of a value; whole numbers are integers. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** Checks the limits, enum, pattern and format of a scalar value that has the schema's type. */
export function validateScalar(
  schema: StructuralSchema,
  value: unknown,
  path: string,
): readonly FieldError[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [notSupported(path, value, schema.enum)];
  }
  if (typeof value === "number") return validateNumber(schema, value, path);
  if (typeof value === "string") return validateString(schema, value, path);
  return [];
}

function validateNumber(schema: StructuralSchema, value: number, path: string): readonly FieldError[] {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf, format } = schema;
  const errors: FieldError[] = [];
  const refuse = (rule: string): void => {
    errors.push(invalid(path, value, `${path} in body should be ${rule}`));
  };
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    refuse(`greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    refuse(`less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`);
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) refuse(`a multiple of ${multipleOf}`);
  if (format === "int32" && (value < -(2 ** 31) || value >= 2 ** 31)) refuse("of type int32");
  if (format === "int64" && (value < -(2 ** 63) || value >= 2 ** 63)) refuse("of type int64");
  return errors;
}

function validateString(schema: StructuralSchema, value: string, path: string): readonly FieldError[] {
  const { minLength, maxLength, pattern, format } = schema;
  const length = Array.from(value).length; // in code points, as the API server counts
  const errors: FieldError[] = [];
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength) {
    errors.push(invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && !regExpOf(pattern).test(value)) {
    errors.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format === "date-time" && !isDateTime(value)) errors.push(typeInvalid(path, value, "date-time"));
  return errors;
}

const regExps = new Map<string, RegExp>();

/** Schema patterns are RE2. A JavaScript pattern without look-around and back-references means the same. */
function regExpOf(pattern: string): RegExp {
  const known = regExps.get(pattern);
  if (known !== undefined) return known;
  const compiled = new RegExp(pattern, "u");
  regExps.set(pattern, compiled);
  return compiled;
}

/** RFC 3339 with seconds, an optional fraction and a zone. */
function isDateTime(value: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
