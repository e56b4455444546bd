import {
  arrayAt,
  entriesOf,
  isJsonArray,
  isJsonObject,
  jsonEquals,
  ownValue,
  without,
  type JsonObject,
  type JsonValue,
} from "../json-value.ts";
import { untyped, itemSchema, propertySchema, type Schema } from "../schema/schema.ts";
import { badRequest } from "../status-error.ts";

const directive = "$patch";
const retainKeys = "$retainKeys";
const orderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/**
 * Strategic merge patch of a built-in object: a merge patch that merges lists by the schema's patch merge keys and
 * supports `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.
 */
export function applyStrategicMergePatch(schema: Schema, target: JsonObject, patch: JsonObject): JsonObject {
  const kind = ownValue(patch, directive);
  if (kind === "replace") return without(patch, directive);
  if (kind === "delete") return {};
  const result: Record<string, JsonValue | undefined> = { ...retained(target, patch) };
  for (const [key, value] of entriesOf(patch)) {
    if (key.startsWith("$")) continue;
    if (value === null) delete result[key];
    else result[key] = mergeField(propertySchema(schema, key) ?? untyped, result[key], value);
  }
  for (const [key, value] of entriesOf(patch)) applyListDirective(schema, result, key, value);
  return result;
}

function retained(target: JsonObject, patch: JsonObject): JsonObject {
  if (ownValue(patch, retainKeys) === undefined) return target;
  const keys = arrayAt(patch, retainKeys);
  return Object.fromEntries(entriesOf(target).filter(([key]) => keys.includes(key)));
}

function mergeField(schema: Schema, target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (isJsonObject(patch)) return applyStrategicMergePatch(schema, isJsonObject(target) ? target : {}, patch);
  if (isJsonArray(patch) && merges(schema))
    return mergeList(schema, isJsonArray(target) ? target : [], patch);
  return patch;
}

function merges(schema: Schema): boolean {
  return (schema["x-kubernetes-patch-strategy"] ?? "").split(",").includes("merge");
}

function mergeList(
  schema: Schema,
  target: readonly JsonValue[],
  patch: readonly JsonValue[],
): readonly JsonValue[] {
  const key = schema["x-kubernetes-patch-merge-key"];
  if (key === undefined)
    return [...target, ...patch.filter((item) => !target.some((old) => jsonEquals(old, item)))];
  const items = patch.map((item) => {
    if (isJsonObject(item)) return item;
    throw badRequest(`a list merged by ${key} must contain objects, got ${JSON.stringify(item)}`);
  });
  const replaces = items.some((item) => item[directive] === "replace");
  let result: readonly JsonValue[] = replaces ? [] : target;
  for (const item of items) {
    if (item[directive] === "replace" && item[key] === undefined) continue;
    result = mergeItem({ schema, key, list: result, item });
  }
  return result;
}

function mergeItem(step: {
  readonly schema: Schema;
  readonly key: string;
  readonly list: readonly JsonValue[];
  readonly item: JsonObject;
}): readonly JsonValue[] {
  const { schema, key, list, item } = step;
  if (item[key] === undefined)
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  const matches = (old: JsonValue): boolean => isJsonObject(old) && jsonEquals(old[key], item[key]);
  if (item[directive] === "delete") return list.filter((old) => !matches(old));
  const index = list.findIndex(matches);
  const old = list[index];
  const merged = applyStrategicMergePatch(itemSchema(schema), isJsonObject(old) ? old : {}, item);
  return index === -1 ? [...list, merged] : list.with(index, merged);
}

function applyListDirective(
  schema: Schema,
  result: Record<string, JsonValue | undefined>,
  key: string,
  value: JsonValue,
): void {
  if (!isJsonArray(value)) return;
  if (key.startsWith(deletePrefix)) {
    const field = key.slice(deletePrefix.length);
    result[field] = arrayAt(result, field).filter((item) => !value.some((gone) => jsonEquals(gone, item)));
  }
  if (key.startsWith(orderPrefix)) {
    const field = key.slice(orderPrefix.length);
    const mergeKey = propertySchema(schema, field)?.["x-kubernetes-patch-merge-key"];
    if (isJsonArray(result[field])) result[field] = inOrder(result[field], value, mergeKey);
  }
}

/** Items in `order` get that order; all other items stay after the item that they followed. */
function inOrder(
  list: readonly JsonValue[],
  order: readonly JsonValue[],
  mergeKey: string | undefined,
): readonly JsonValue[] {
  const identity = (item: JsonValue): JsonValue | undefined =>
    mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item;
  const rankOf = (item: JsonValue): number =>
    order.findIndex((entry) => jsonEquals(identity(entry), identity(item)));
  let rank = -1;
  const ranked = list.map((item) => {
    const own = rankOf(item);
    rank = own === -1 ? rank : own;
    return { item, rank: own === -1 ? rank : own };
  });
  return ranked.toSorted((left, right) => left.rank - right.rank).map(({ item }) => item);
}
