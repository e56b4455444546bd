import { Optional, type ASTNode, type ParseResult } from "@marcbachmann/cel-js";
import { celEnvironment } from "./cel-environment.ts";
import { celValue } from "./cel-value.ts";
import {
  duplicate,
  forbidden,
  invalid,
  invalidWithoutValue,
  required,
  type FieldError,
} from "./field-error.ts";
import { isJsonArray, isJsonObject } from "./json-object.ts";
import type { CelRule, StructuralSchema } from "./schema.ts";
import { listMapKey, memberPath } from "./structural-schema.ts";

/**
 * Evaluates every `x-kubernetes-validations` rule of the schema on a value that satisfies {@link validateSchema}.
 * Importing this module loads the CEL interpreter. Import it lazily where most runs do not need it.
 *
 * Unlike kube-apiserver, this validates unchanged parts of an object again on update (no ratcheting) and does not limit the
 * cost.
 *
 * @param oldValue the value before an update; undefined on create, which skips rules that mention oldSelf
 * @param path of the value, empty for a whole resource
 */
export function validateCel(
  schema: StructuralSchema,
  value: unknown,
  oldValue: unknown,
  path: string,
): readonly FieldError[] {
  if (value === null || value === undefined) return [];
  const errors = evaluateRules(schema, value, oldValue, path);
  if (isJsonArray(value)) return [...errors, ...validateItems(schema, value, oldValue, path)];
  if (isJsonObject(value)) return [...errors, ...validateMembers(schema, value, oldValue, path)];
  return errors;
}

function validateItems(
  schema: StructuralSchema,
  value: readonly unknown[],
  oldValue: unknown,
  path: string,
): readonly FieldError[] {
  const { items } = schema;
  if (items === undefined) return [];
  const oldItems = schema["x-kubernetes-list-type"] === "map" && isJsonArray(oldValue) ? oldValue : [];
  const oldItemsByKey = new Map(oldItems.map((item) => [JSON.stringify(listMapKey(schema, item)), item]));
  return value.flatMap((item, index) => {
    const oldItem = oldItemsByKey.get(JSON.stringify(listMapKey(schema, item)));
    return validateCel(items, item, oldItem, `${path}[${index}]`);
  });
}

function validateMembers(
  schema: StructuralSchema,
  value: Readonly<Record<string, unknown>>,
  oldValue: unknown,
  path: string,
): readonly FieldError[] {
  const { properties = {}, additionalProperties } = schema;
  const oldMembers = schema["x-kubernetes-map-type"] !== "atomic" && isJsonObject(oldValue) ? oldValue : {};
  return Object.entries(value).flatMap(([key, member]) => {
    const property = properties[key];
    if (property !== undefined) return validateCel(property, member, oldMembers[key], memberPath(path, key));
    if (typeof additionalProperties !== "object") return [];
    return validateCel(additionalProperties, member, oldMembers[key], `${path}[${key}]`);
  });
}

function evaluateRules(
  schema: StructuralSchema,
  value: unknown,
  oldValue: unknown,
  path: string,
): readonly FieldError[] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  if (rules.length === 0) return [];
  const isResource = path === "" || schema["x-kubernetes-embedded-resource"] === true;
  const self = celValue(schema, value, isResource);
  const oldSelf = oldValue === undefined ? undefined : celValue(schema, oldValue, isResource);
  return rules.flatMap((rule) => evaluateRule(rule, { schema, value, path, self, oldSelf }));
}

/** The value that a rule validates, as it is in the API object. */
interface RuleSubject {
  readonly schema: StructuralSchema;
  readonly value: unknown;
  readonly path: string;
}

interface RuleInput extends RuleSubject {
  /** The value as CEL sees it. */
  readonly self: unknown;
  readonly oldSelf: unknown;
}

function evaluateRule(rule: CelRule, input: RuleInput): readonly FieldError[] {
  const { schema, path, self, oldSelf } = input;
  const statement = rule.message ?? rule.rule.trim();
  try {
    const expression = compile(rule.rule);
    const isTransition = mentionsOldSelf(expression.ast);
    if (isTransition && oldSelf === undefined && rule.optionalOldSelf !== true) return [];
    const variables = {
      self,
      oldSelf: rule.optionalOldSelf === true ? optional(oldSelf) : (oldSelf ?? null),
    };
    if (expression(variables) === true) return [];
    return [violation(rule, input, messageOf(rule, variables))];
  } catch (error) {
    return [invalid(path, schema.type ?? "", `${firstLine(error)} evaluating rule: ${statement}`)];
  }
}

function optional(value: unknown): Optional {
  return value === undefined ? Optional.none() : Optional.of(value);
}

const compiled = new Map<string, ParseResult>();

function compile(rule: string): ParseResult {
  const known = compiled.get(rule);
  if (known !== undefined) return known;
  const expression = celEnvironment.parse(rule);
  compiled.set(rule, expression);
  return expression;
}

function mentionsOldSelf(node: ASTNode): boolean {
  if (node.op === "id") return node.args === "oldSelf";
  return [node.args].flat(3).some((part) => isAstNode(part) && mentionsOldSelf(part));
}

function isAstNode(part: unknown): part is ASTNode {
  return isJsonObject(part) && "op" in part && "args" in part;
}

/** The text that messageExpression evaluates to, or else the fixed message. */
function messageOf(rule: CelRule, variables: Readonly<Record<string, unknown>>): string {
  if (rule.messageExpression !== undefined) {
    const text = evaluateMessage(rule.messageExpression, variables);
    if (text !== "") return text;
  }
  return rule.message?.trim() ?? `failed rule: ${rule.rule.trim()}`;
}

function evaluateMessage(expression: string, variables: Readonly<Record<string, unknown>>): string {
  try {
    const text: unknown = compile(expression)(variables);
    return typeof text === "string" ? text.trim() : "";
  } catch {
    return ""; // As in kube-apiserver: the fixed message replaces a messageExpression that fails.
  }
}

/** Shows the value, as kube-apiserver 1.36 does, unless it is an object or a list, which would be too long. */
function violation(rule: CelRule, { schema, value, path }: RuleSubject, message: string): FieldError {
  const field = path === "" ? (rule.fieldPath ?? "").replace(/^\./, "") : `${path}${rule.fieldPath ?? ""}`;
  const isShown = schema.type !== "object" && schema.type !== "array";
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbidden(field, message);
    case "FieldValueRequired":
      return required(field, message);
    case "FieldValueDuplicate":
      return isShown ? duplicate(field, value) : { field, reason: rule.reason, message: "Duplicate value" };
    case undefined:
    default:
      return isShown ? invalid(field, value, message) : invalidWithoutValue(field, message);
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
