import {
  canonicalJson,
  isJsonObject,
  objectAt,
  stringAt,
  type JsonObject,
  type JsonValue,
} from "../json-value.ts";
import {
  fieldSetEquals,
  fromFieldsV1,
  isEmptyFieldSet,
  toFieldsV1,
  withoutPaths,
  type FieldSet,
} from "./field-set.ts";

/** Who changes an object, and how: the identity of a managedFields entry. */
export interface FieldManager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
}

/** One entry of metadata.managedFields. */
export interface ManagedEntry {
  readonly manager: FieldManager;
  readonly time: string;
  readonly fields: FieldSet;
}

/** The entries by {@link managerKey}. */
export type ManagedFields = ReadonlyMap<string, ManagedEntry>;

/** Fields without an owner, because the server or the request path determines them. */
const unowned = [
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata", "f:name"],
  ["f:metadata", "f:namespace"],
  ["f:metadata", "f:generateName"],
  ["f:metadata", "f:creationTimestamp"],
  ["f:metadata", "f:deletionTimestamp"],
  ["f:metadata", "f:deletionGracePeriodSeconds"],
  ["f:metadata", "f:selfLink"],
  ["f:metadata", "f:uid"],
  ["f:metadata", "f:clusterName"],
  ["f:metadata", "f:generation"],
  ["f:metadata", "f:managedFields"],
  ["f:metadata", "f:resourceVersion"],
];

/** Key of a manager's entry. */
export function managerKey(manager: FieldManager): string {
  return canonicalJson({ ...manager });
}

/** The set without the fields that cannot have an owner. */
export function ownableFields(set: FieldSet): FieldSet {
  const stripped = withoutPaths(set, unowned);
  const metadata = stripped.children.get("f:metadata");
  if (metadata === undefined || !metadata.member) return stripped;
  const children = new Map(stripped.children);
  children.set("f:metadata", { ...metadata, member: false });
  return { ...stripped, children: new Map([...children].filter(([, child]) => !isEmptyFieldSet(child))) };
}

/** Reads metadata.managedFields; entries without fields are left out. */
export function parseManagedFields(entries: readonly JsonValue[]): ManagedFields {
  const managed = new Map<string, ManagedEntry>();
  for (const entry of entries) {
    const manager: FieldManager = {
      name: stringAt(entry, "manager") ?? "unknown",
      operation: stringAt(entry, "operation") === "Apply" ? "Apply" : "Update",
      apiVersion: stringAt(entry, "apiVersion") ?? "",
      subresource: stringAt(entry, "subresource") ?? "",
    };
    const fields = fromFieldsV1(objectAt(entry, "fieldsV1"));
    if (isJsonObject(entry) && !isEmptyFieldSet(fields)) {
      managed.set(managerKey(manager), { manager, time: stringAt(entry, "time") ?? "", fields });
    }
  }
  return managed;
}

/** metadata.managedFields: applied entries first, then by time and manager. */
export function renderManagedFields(managed: ManagedFields): readonly JsonObject[] {
  return [...managed.values()].toSorted(byOperationTimeAndName).map(({ manager, time, fields }) => ({
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(time === "" ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: toFieldsV1(fields),
    ...(manager.subresource === "" ? {} : { subresource: manager.subresource }),
  }));
}

function byOperationTimeAndName(left: ManagedEntry, right: ManagedEntry): number {
  return orderOf(left) < orderOf(right) ? -1 : 1;
}

function orderOf({ manager, time }: ManagedEntry): string {
  return [manager.operation, time, manager.name, manager.subresource].join("\0");
}

/** Whether two states have the same ownership, regardless of their times. */
export function sameOwnership(left: ManagedFields, right: ManagedFields): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, entry]) => {
    const other = right.get(key);
    return other !== undefined && fieldSetEquals(entry.fields, other.fields);
  });
}
