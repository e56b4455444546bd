/** What is wrong with one field, in the vocabulary of kube-apiserver's Status causes. */
export interface FieldError {
  /** Path of the field, such as `spec.services[1].name`; empty for the whole object. */
  readonly field: string;
  readonly reason: FieldErrorReason;
  /** The value found; undefined if the message does not show it. */
  readonly value?: unknown;
  /** Same wording as kube-apiserver, without the field: `Unsupported value: "nft": supported values: "nftables", "ipvs"`. */
  readonly message: string;
}

export type FieldErrorReason =
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueRequired"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid";

/** One readable line, also for the message of a Status: `spec.mode: Unsupported value: …`. */
export function renderFieldError({ field, message }: FieldError): string {
  return `${field === "" ? "<nil>" : field}: ${message}`;
}

export function duplicate(field: string, value: unknown): FieldError {
  return {
    field,
    reason: "FieldValueDuplicate",
    value,
    message: `Duplicate value: ${JSON.stringify(value)}`,
  };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: `Forbidden: ${detail}` };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return {
    field,
    reason: "FieldValueInvalid",
    value,
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  };
}

/** For rules that validate an object as a whole, whose value would be too long to show. */
export function invalidWithoutValue(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueInvalid", message: `Invalid value: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map((item) =>
    JSON.stringify(typeof item === "string" ? item : JSON.stringify(item)),
  );
  return {
    field,
    reason: "FieldValueNotSupported",
    value,
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list.join(", ")}`,
  };
}

export function required(field: string, detail?: string): FieldError {
  const message = detail === undefined ? "Required value" : `Required value: ${detail}`;
  return { field, reason: "FieldValueRequired", message };
}

export function tooLong(field: string, maxLength: number): FieldError {
  const message = `Too long: may not be more than ${maxLength} bytes`;
  return { field, reason: "FieldValueTooLong", message };
}

export function tooMany(field: string, actual: number, max: number): FieldError {
  return {
    field,
    reason: "FieldValueTooMany",
    value: actual,
    message: `Too many: ${actual}: must have at most ${max} items`,
  };
}

/** @param found name of the JSON type found, or the text that does not match the format */
export function typeInvalid(field: string, found: string, expected: string): FieldError {
  const shown = JSON.stringify(found);
  return {
    field,
    reason: "FieldValueTypeInvalid",
    value: found,
    message: `Invalid value: ${shown}: ${field} in body must be of type ${expected}: ${shown}`,
  };
}
