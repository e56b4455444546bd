import { isJsonObject, without, type JsonObject, type JsonValue } from "../json-value.ts";
import type { Schema } from "../schema/schema.ts";
import {
  difference,
  emptyFieldSet,
  fieldSetEquals,
  intersection,
  isEmptyFieldSet,
  pathsOf,
  union,
  type FieldSet,
} from "./field-set.ts";
import {
  managerKey,
  ownableFields,
  type FieldManager,
  type ManagedEntry,
  type ManagedFields,
} from "./managed-fields.ts";
import { compare, fieldsOf, merge, prune, type Comparison } from "./typed-value.ts";

/** A field that a server-side apply would change although another manager owns it. */
export interface FieldConflict {
  /** The other manager in the format of messages: `"argocd-controller"`, with ` using v1` for one that updates. */
  readonly manager: string;
  readonly field: string;
}

interface Change {
  readonly schema: Schema;
  readonly manager: FieldManager;
  readonly managed: ManagedFields;
  /** RFC 3339 time of the change. */
  readonly time: string;
}

/** Ownership after a create, update or patch other than apply: the manager owns the fields that it changed. */
export function ownershipAfterUpdate(
  change: Change & { readonly before: JsonObject; readonly after: JsonObject },
): ManagedFields {
  const differences = compareObjects(change.schema, change.before, change.after);
  const others = withoutLost(change.managed, change.manager, differences);
  const key = managerKey(change.manager);
  const previous = change.managed.get(key);
  const kept = difference(previous?.fields ?? emptyFieldSet, differences.removed);
  const fields = union(kept, union(differences.modified, differences.added));
  return withEntry(others, key, { manager: change.manager, fields, time: change.time }, previous);
}

/** The object and ownership after a server-side apply, or the conflicts that prevent it. */
export type ApplyOutcome =
  | { readonly kind: "applied"; readonly object: JsonObject; readonly managed: ManagedFields }
  | { readonly kind: "conflict"; readonly conflicts: readonly FieldConflict[]; readonly fields: FieldSet };

/** Merges the configuration into the live object and computes the new ownership. */
export function applyConfiguration(
  change: Change & {
    readonly live: JsonObject;
    readonly applied: JsonObject;
    readonly force: boolean;
  },
): ApplyOutcome {
  const { schema, live, applied, managed, manager } = change;
  const key = managerKey(manager);
  const previous = managed.get(key);
  const appliedFields = fieldsOf(schema, applied);
  const owned = [...managed]
    .filter(([other]) => other !== key)
    .reduce((set, [, entry]) => union(set, entry.fields), appliedFields);
  const merged = merge(schema, live, applied);
  const lastApplied = previous?.fields ?? emptyFieldSet;
  const object = asObject(prune(schema, merged, { lastApplied, owned }), live);
  const differences = compareObjects(schema, live, object);
  const changed = union(differences.modified, differences.added);
  const conflicting = conflictingFields(managed, manager, changed);
  if (!change.force && conflicting.length > 0) {
    const fields = conflicting.reduce((set, entry) => union(set, entry.fields), emptyFieldSet);
    return { kind: "conflict", conflicts: conflicting.flatMap(conflictsWith), fields };
  }
  const others = withoutLost(managed, manager, differences);
  const entry = { manager, fields: ownableFields(appliedFields), time: change.time };
  return { kind: "applied", object, managed: withEntry(others, key, entry, previous) };
}

function asObject(value: JsonValue, fallback: JsonObject): JsonObject {
  return isJsonObject(value) ? value : fallback;
}

/** Differences in fields that can have an owner. */
function compareObjects(schema: Schema, before: JsonObject, after: JsonObject): Comparison {
  const { added, modified, removed } = compare(schema, withoutTypeMeta(before), withoutTypeMeta(after));
  return { added: ownableFields(added), modified: ownableFields(modified), removed: ownableFields(removed) };
}

function withoutTypeMeta(object: JsonObject): JsonObject {
  return without(object, "apiVersion", "kind");
}

function conflictingFields(
  managed: ManagedFields,
  manager: FieldManager,
  changed: FieldSet,
): readonly ManagedEntry[] {
  return [...managed.values()]
    .filter((entry) => managerKey(entry.manager) !== managerKey(manager))
    .map((entry) => ({ ...entry, fields: intersection(entry.fields, changed) }))
    .filter((entry) => !isEmptyFieldSet(entry.fields));
}

function conflictsWith({ manager, fields }: ManagedEntry): readonly FieldConflict[] {
  const subresource = manager.subresource === "" ? "" : ` with subresource "${manager.subresource}"`;
  const using = manager.operation === "Update" ? ` using ${manager.apiVersion}` : "";
  return pathsOf(fields).map((field) => ({ manager: `"${manager.name}"${subresource}${using}`, field }));
}

/** The entries of the other managers without the changed and removed fields. */
function withoutLost(
  managed: ManagedFields,
  manager: FieldManager,
  differences: Comparison,
): Map<string, ManagedEntry> {
  const lost = union(differences.removed, union(differences.modified, differences.added));
  const rest = [...managed].flatMap(([key, entry]) => {
    if (key === managerKey(manager)) return [];
    const fields = difference(entry.fields, lost);
    return isEmptyFieldSet(fields) ? [] : [[key, { ...entry, fields }] as const];
  });
  return new Map(rest);
}

/** Adds the manager's entry, which keeps its time if it owns the same fields as before. */
function withEntry(
  others: Map<string, ManagedEntry>,
  key: string,
  entry: ManagedEntry,
  previous: ManagedEntry | undefined,
): ManagedFields {
  if (isEmptyFieldSet(entry.fields)) return others;
  const unchanged = previous !== undefined && fieldSetEquals(previous.fields, entry.fields);
  return new Map([...others, [key, unchanged ? previous : entry]]);
}
