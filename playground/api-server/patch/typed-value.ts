import { canonicalJson, entriesOf, isJsonArray, isJsonObject, jsonEquals, ownValue } from "../json-value.ts";
import type { JsonObject, JsonValue } from "../json-value.ts";
import { untyped, isNamedField, itemSchema, propertySchema, type Schema } from "../schema/schema.ts";
import { childOf, emptyFieldSet, fieldSet, isEmptyFieldSet, wholeField, type FieldSet } from "./field-set.ts";

/**
 * The rules of structured merge diff (sigs.k8s.io/structured-merge-diff v6), with which server-side apply merges objects and
 * determines the owners of fields: maps are granular unless atomic, lists are atomic unless `map` or `set`.
 */

/** One step down from a container: the path element, the schema below, and the value. */
interface Step {
  readonly element: string;
  readonly schema: Schema;
  readonly value: JsonValue;
}

function isAtomic(schema: Schema, value: JsonValue): boolean {
  if (isJsonArray(value)) {
    const listType = schema["x-kubernetes-list-type"];
    return listType !== "map" && listType !== "set";
  }
  if (!isJsonObject(value)) return true;
  return schema["x-kubernetes-map-type"] === "atomic";
}

function steps(schema: Schema, value: JsonValue): readonly Step[] {
  if (isJsonArray(value)) {
    return value.map((item) => ({
      element: itemElement(schema, item),
      schema: itemSchema(schema),
      value: item,
    }));
  }
  if (!isJsonObject(value)) return [];
  return entriesOf(value).map(([key, member]) => ({
    element: `f:${key}`,
    schema: propertySchema(schema, key) ?? untyped,
    value: member,
  }));
}

/** `k:{…}` or `v:…` of an item of a map or set list; missing keys of the item have the schema's default. */
function itemElement(schema: Schema, item: JsonValue): string {
  if (schema["x-kubernetes-list-type"] === "set" || !isJsonObject(item)) return `v:${canonicalJson(item)}`;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const named = keys.flatMap((key) => {
    const value = ownValue(item, key) ?? keyDefault(itemSchema(schema), key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return `k:${canonicalJson(Object.fromEntries(named))}`;
}

function keyDefault(schema: Schema, key: string): JsonValue | undefined {
  return parseDefault(propertySchema(schema, key)?.default);
}

function parseDefault(value: unknown): JsonValue | undefined {
  return value as JsonValue | undefined;
}

/** Every field that an applied configuration sets. */
export function fieldsOf(schema: Schema, value: JsonValue): FieldSet {
  if (isAtomic(schema, value)) return wholeField;
  const children = steps(schema, value).map((step) => {
    const below = fieldsOf(step.schema, step.value);
    return [step.element, isOwnedItself(schema, step) ? { ...below, member: true } : below] as const;
  });
  return fieldSet(false, children);
}

/** List items and map keys are owned together with their content; a struct field only if it is empty. */
function isOwnedItself(container: Schema, step: Step): boolean {
  if (!step.element.startsWith("f:")) return true;
  const isEmpty = isJsonObject(step.value) && entriesOf(step.value).length === 0;
  return isEmpty || step.value === null || !isNamedField(container, step.element.slice(2));
}

/** The differences between two values. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const same: Comparison = { added: emptyFieldSet, modified: emptyFieldSet, removed: emptyFieldSet };

/** Added, changed and removed fields; `undefined` is an absent value. */
export function compare(
  schema: Schema,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Comparison {
  if (before === undefined && after === undefined) return same;
  if (before === undefined) return { ...same, added: everyPath(schema, after ?? null) };
  if (after === undefined) return { ...same, removed: everyPath(schema, before) };
  if (isLeafPair(schema, before, after)) {
    return jsonEquals(before, after) ? same : { ...same, modified: wholeField };
  }
  const old = new Map(steps(schema, before).map((step) => [step.element, step]));
  const current = new Map(steps(schema, after).map((step) => [step.element, step]));
  const parts = [...new Set([...old.keys(), ...current.keys()])].map((element) => {
    const step = current.get(element) ?? old.get(element);
    const below = compare(step?.schema ?? untyped, old.get(element)?.value, current.get(element)?.value);
    return [element, below] as const;
  });
  return {
    added: fieldSet(
      false,
      parts.map(([element, part]) => [element, part.added]),
    ),
    modified: fieldSet(
      false,
      parts.map(([element, part]) => [element, part.modified]),
    ),
    removed: fieldSet(
      false,
      parts.map(([element, part]) => [element, part.removed]),
    ),
  };
}

function isLeafPair(schema: Schema, before: JsonValue, after: JsonValue): boolean {
  if (isAtomic(schema, before) || isAtomic(schema, after)) return true;
  return steps(schema, before).length === 0 && steps(schema, after).length === 0;
}

/** The path of the value itself and all below it. */
function everyPath(schema: Schema, value: JsonValue): FieldSet {
  if (isAtomic(schema, value)) return wholeField;
  return fieldSet(
    true,
    steps(schema, value).map((step) => [step.element, everyPath(step.schema, step.value)]),
  );
}

/** The live value with the applied configuration merged into it. */
export function merge(schema: Schema, live: JsonValue | undefined, applied: JsonValue): JsonValue {
  if (live === undefined || isAtomic(schema, applied) || isAtomic(schema, live)) return applied;
  if (isJsonArray(live) && isJsonArray(applied)) return mergeLists(schema, live, applied);
  if (!isJsonObject(live) || !isJsonObject(applied)) return applied;
  const merged = entriesOf(applied).map(([key, value]) => {
    const field = propertySchema(schema, key) ?? untyped;
    return [key, merge(field, ownValue(live, key), value)] as const;
  });
  return { ...live, ...Object.fromEntries(merged) };
}

/** Applied items in their order; live items that the configuration lacks keep their positions. */
function mergeLists(schema: Schema, live: readonly JsonValue[], applied: readonly JsonValue[]): JsonValue {
  const liveByElement = new Map(live.map((item) => [itemElement(schema, item), item]));
  const pending = applied.map((item) => itemElement(schema, item));
  const appliedByElement = new Map(applied.map((item) => [itemElement(schema, item), item]));
  const emit = (element: string): JsonValue =>
    merge(itemSchema(schema), liveByElement.get(element), appliedByElement.get(element) ?? null);
  const result: JsonValue[] = [];
  for (const [element, item] of liveByElement) {
    if (!appliedByElement.has(element)) result.push(item);
    else if (pending.includes(element))
      result.push(...pending.splice(0, pending.indexOf(element) + 1).map(emit));
  }
  return [...result, ...pending.map(emit)];
}

/**
 * Removes fields that the manager applied before and that have no owner now: each path of `lastApplied` at and below which
 * `owned` is empty.
 */
export function prune(
  schema: Schema,
  value: JsonValue,
  { lastApplied, owned }: { readonly lastApplied: FieldSet; readonly owned: FieldSet },
): JsonValue {
  const kept = (step: Step): readonly JsonValue[] => {
    const last = childOf(lastApplied, step.element);
    if (isEmptyFieldSet(last)) return [step.value];
    const ownedBelow = childOf(owned, step.element);
    if (isEmptyFieldSet(ownedBelow)) return [];
    return [prune(step.schema, step.value, { lastApplied: last, owned: ownedBelow })];
  };
  if (isAtomic(schema, value)) return value;
  if (isJsonArray(value)) return steps(schema, value).flatMap(kept);
  return pruneObject(steps(schema, value), kept);
}

function pruneObject(members: readonly Step[], kept: (step: Step) => readonly JsonValue[]): JsonObject {
  return Object.fromEntries(
    members.flatMap((step) => kept(step).map((value) => [step.element.slice(2), value] as const)),
  );
}
