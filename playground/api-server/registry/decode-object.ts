import { applyDefaults, pruneUnknown, validateSchema } from "../../../crds/validation/structural-schema.ts";
import { validateCel } from "../../../crds/validation/cel-rules.ts";
import { invalidWithoutValue, type FieldError } from "../../../crds/validation/field-error.ts";
import { isJsonObject, stringAt, textOf, type JsonObject } from "../json-value.ts";
import { parseKubeObject, type KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { decode } from "../schema/decode.ts";
import { builtInSchema } from "../schema/built-in-schemas.ts";
import { badRequest } from "../status-error.ts";

/** An object that was decoded with the schema of its kind. */
export interface DecodedObject {
  readonly object: KubeObject;
  readonly unknownFields: readonly string[];
}

/** `group/version`, or only the version in the core group. */
export function apiVersionOf(type: Pick<ResourceType, "group" | "version">): string {
  return type.group === "" ? type.version : `${type.group}/${type.version}`;
}

/**
 * Decodes a request body, or the result of a patch, as an object of the kind. Drops fields that the schema does not know, and
 * lists them.
 *
 * @throws StatusError 400 for a different apiVersion or kind, for a custom resource without them, or for a value of the wrong
 * type.
 */
export function decodeObject(type: ResourceType, body: JsonObject): DecodedObject {
  checkTypeMeta(type, body);
  const typed = {
    ...body,
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: body["metadata"] ?? {},
  };
  return type.custom ? decodeCustom(type, typed) : decodeBuiltIn(type, typed);
}

function checkTypeMeta(type: ResourceType, body: JsonObject): void {
  for (const field of type.custom ? ["kind", "apiVersion"] : []) {
    if (textOf(body[field]) !== "") continue;
    throw badRequest(`Object '${field === "kind" ? "Kind" : field}' is missing in '${JSON.stringify(body)}'`);
  }
  const apiVersion = stringAt(body, "apiVersion") ?? apiVersionOf(type);
  const kind = stringAt(body, "kind") ?? type.kind;
  if (apiVersion !== apiVersionOf(type)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    );
  }
  if (kind !== type.kind) {
    throw badRequest(`the kind in the data (${kind}) does not match the expected kind (${type.kind})`);
  }
}

function decodeBuiltIn(type: ResourceType, body: JsonObject): DecodedObject {
  const { value, unknownFields, typeErrors } = decode(type.schema(), body);
  refuseTypeErrors(type, typeErrors);
  return { object: parseKubeObject(value), unknownFields };
}

function decodeCustom(type: ResourceType, body: JsonObject): DecodedObject {
  const metadata = isJsonObject(body["metadata"]) ? body["metadata"] : {};
  const meta = decode(builtInSchema("V1ObjectMeta"), metadata);
  refuseTypeErrors(type, meta.typeErrors);
  const { value, unknown } = pruneUnknown(type.schema(), body);
  const unknownFields = [...meta.unknownFields.map((field) => `metadata.${field}`), ...unknown];
  return { object: parseKubeObject({ ...parseJsonObject(value), metadata: meta.value }), unknownFields };
}

function refuseTypeErrors(type: ResourceType, typeErrors: readonly string[]): void {
  const [first] = typeErrors;
  if (first !== undefined) throw badRequest(`${cannotBeHandled(type)}: ${first}`);
}

/** Prefix of an error about a body. */
export function cannotBeHandled(type: ResourceType): string {
  return `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}`;
}

/** `strict decoding error: unknown field "spec.a", unknown field "spec.b"`. */
export function strictDecodingError(unknownFields: readonly string[]): string {
  return `strict decoding error: ${unknownFields.map((field) => `unknown field "${field}"`).join(", ")}`;
}

/** The object with the defaults of its definition's schema; built-in kinds get their defaults from their strategy. */
export function withSchemaDefaults(type: ResourceType, object: KubeObject): KubeObject {
  if (!type.custom) return object;
  return parseKubeObject(parseJsonObject(applyDefaults(type.schema(), object)));
}

/** Errors of a custom resource according to its definition's schema and rules. Built-in kinds have no schema rules. */
export function schemaErrors(
  type: ResourceType,
  object: KubeObject,
  old: KubeObject | undefined,
): readonly FieldError[] {
  if (!type.custom) return [];
  const errors = validateSchema(type.schema(), object, "");
  if (errors.length === 0) return validateCel(type.schema(), object, old, "");
  const skipped =
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
  return [...errors, { ...invalidWithoutValue("", skipped), message: `Invalid value: null: ${skipped}` }];
}

function parseJsonObject(value: unknown): JsonObject {
  return value as JsonObject;
}
