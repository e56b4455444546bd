import { canonicalJson, entriesOf, isJsonObject, type JsonObject } from "../json-value.ts";

/**
 * A set of field paths as a tree. Keys are path elements in the format of managedFields: `f:name` is a field,
 * `k:{"name":"x"}` an item of a map list, `v:"x"` an item of a set.
 */
export interface FieldSet {
  /** Whether the path that ends here is in the set. */
  readonly member: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

/** The empty set. */
export const emptyFieldSet: FieldSet = { member: false, children: new Map() };
/** Only the path itself. */
export const wholeField: FieldSet = { member: true, children: new Map() };

/** Whether the set is empty. */
export function isEmptyFieldSet(set: FieldSet): boolean {
  return !set.member && set.children.size === 0;
}

/** A set without empty branches. */
export function fieldSet(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmptyFieldSet(child))) };
}

/** Paths in either set. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  const keys = new Set([...left.children.keys(), ...right.children.keys()]);
  return fieldSet(
    left.member || right.member,
    [...keys].map((key) => [key, union(childOf(left, key), childOf(right, key))]),
  );
}

/** Paths in both sets. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return fieldSet(
    left.member && right.member,
    [...left.children].map(([key, child]) => [key, intersection(child, childOf(right, key))]),
  );
}

/** Paths of the left set that are not in the right one. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return fieldSet(
    left.member && !right.member,
    [...left.children].map(([key, child]) => [key, difference(child, childOf(right, key))]),
  );
}

/** The set below a path element; empty if there is nothing below it. */
export function childOf(set: FieldSet, key: string): FieldSet {
  return set.children.get(key) ?? emptyFieldSet;
}

/** The set without the paths at and below each of the given ones. */
export function withoutPaths(set: FieldSet, paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce(withoutPath, set);
}

function withoutPath(set: FieldSet, path: readonly string[]): FieldSet {
  const [key, ...rest] = path;
  if (key === undefined) return emptyFieldSet;
  return fieldSet(
    set.member,
    [...set.children].map(([name, child]) => [name, name === key ? withoutPath(child, rest) : child]),
  );
}

/** Whether both sets have the same paths. */
export function fieldSetEquals(left: FieldSet, right: FieldSet): boolean {
  return canonicalJson(toFieldsV1(left)) === canonicalJson(toFieldsV1(right));
}

/** Every path of the set in the format of kube-apiserver: `.spec.ports[port=80].name`. */
export function pathsOf(set: FieldSet, prefix = ""): readonly string[] {
  const below = [...set.children].flatMap(([key, child]) => pathsOf(child, `${prefix}${printed(key)}`));
  return set.member ? [prefix, ...below] : below;
}

function printed(key: string): string {
  const text = key.slice(2);
  if (key.startsWith("f:")) return `.${text}`;
  if (key.startsWith("v:")) return `[=${text}]`;
  const pairs = entriesOf(parseKeys(text)).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${pairs.join(",")}]`;
}

function parseKeys(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

/** The format of managedFields: `{}` is a member, `.` a member that has children too. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const sorted = [...set.children].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const children = sorted.map(([key, child]) => [key, toFieldsV1(child)] as const);
  return Object.fromEntries(set.member && children.length > 0 ? [[".", {}], ...children] : children);
}

/** Reads the format of {@link toFieldsV1}. */
export function fromFieldsV1(fields: JsonObject): FieldSet {
  const children = entriesOf(fields).flatMap(([key, value]) => {
    if (key === "." || !isJsonObject(value)) return [];
    return [[key, childFromFieldsV1(value)] as const];
  });
  return fieldSet(false, children);
}

function childFromFieldsV1(fields: JsonObject): FieldSet {
  const set = fromFieldsV1(fields);
  const member = set.children.size === 0 || Object.hasOwn(fields, ".");
  return { member, children: set.children };
}
