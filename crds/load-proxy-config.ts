import { apiGroupVersion, type ProxyConfig } from "./api.ts";
import schemas from "./schemas.json" with { type: "json" };
import { validateCel } from "./validation/cel-rules.ts";
import {
  invalid,
  notSupported,
  renderFieldError,
  required,
  type FieldError,
} from "./validation/field-error.ts";
import { isJsonObject } from "./validation/json-object.ts";
import type { StructuralSchema } from "./validation/schema.ts";
import { applyDefaults, memberSchema, pruneUnknown, validateSchema } from "./validation/structural-schema.ts";

/** A ProxyConfig that the API server would reject; the message has one line per invalid field. */
export class InvalidProxyConfigError extends Error {
  override readonly name = "InvalidProxyConfigError";
  readonly code = "PROXY_CONFIG_INVALID";
  readonly hint =
    "crds/kubesteer.dev_proxyconfigs.yaml and kubectl explain proxyconfig.spec describe every field.";
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    super(["the ProxyConfig is invalid:", ...errors.map(renderFieldError)].join("\n  "));
    this.errors = errors;
  }
}

/**
 * Parses a ProxyConfig that does not come from the API server: fills in all defaults and applies the same validation. Unlike in
 * the API server, an unknown field is an error and is not dropped.
 *
 * @throws {InvalidProxyConfigError}
 */
export function parseProxyConfig(value: unknown): ProxyConfig {
  const schema: StructuralSchema = schemas.ProxyConfig;
  const pruned = pruneUnknown(schema, value);
  const complete = applyDefaults(schema, pruned.value);
  const errors = [
    ...checkIdentity(value),
    ...pruned.unknown.map((path) => unknownField(schema, path)),
    ...validateSchema(schema, complete, ""),
  ];
  if (errors.length > 0) throw new InvalidProxyConfigError(errors);
  const violations = validateCel(schema, complete, undefined, "");
  if (violations.length > 0) throw new InvalidProxyConfigError(violations);
  return complete as ProxyConfig;
}

/** Checks what no schema checks: the type of the object and its name. */
function checkIdentity(value: unknown): readonly FieldError[] {
  if (!isJsonObject(value)) return [];
  const { apiVersion, kind, metadata } = value;
  const name = isJsonObject(metadata) ? metadata["name"] : undefined;
  return [
    ...(apiVersion === apiGroupVersion ? [] : [notSupported("apiVersion", apiVersion, [apiGroupVersion])]),
    ...(kind === "ProxyConfig" ? [] : [notSupported("kind", kind, ["ProxyConfig"])]),
    ...(typeof name === "string" && name !== "" ? [] : [required("metadata.name", "any name is accepted")]),
  ];
}

function unknownField(schema: StructuralSchema, path: string): FieldError {
  const segments = path.split(".");
  const name = segments.at(-1);
  const parent = segments.slice(0, -1).reduce(descend, schema);
  const known = Object.keys(parent.properties ?? {}).map((key) => JSON.stringify(key));
  return invalid(path, name, `unknown field: known fields are ${known.join(", ")}`);
}

/** @param segment a member name, followed by the indexes of list items */
function descend(schema: StructuralSchema, segment: string): StructuralSchema {
  const [key = "", ...indexes] = segment.split("[");
  return indexes.reduce((list) => list.items ?? {}, memberSchema(schema, key) ?? {});
}
