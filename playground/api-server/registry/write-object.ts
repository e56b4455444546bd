import { arrayAt, jsonEquals, without, type JsonObject } from "../json-value.ts";
import { parseKubeObject, withMetadata, type KubeObject } from "../kube-object.ts";
import { ownershipAfterUpdate } from "../patch/field-ownership.ts";
import {
  parseManagedFields,
  renderManagedFields,
  sameOwnership,
  type FieldManager,
  type ManagedFields,
} from "../patch/managed-fields.ts";
import type { StrategyContext } from "../resources/resource-type.ts";
import { alreadyExists, invalid, notFound } from "../status-error.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { apiVersionOf, schemaErrors, withSchemaDefaults } from "./decode-object.ts";
import { asNewObject, keepServerMetadata, metadataErrors } from "./object-metadata.ts";
import { keyOf, served, stored, type Target, type WriteOptions } from "./target.ts";

/** Dependencies of writes. */
export interface WriteContext extends StrategyContext {
  readonly store: ObjectStore;
}

/** The ownership after a write, given the object before and after it. */
export type Ownership = (before: JsonObject, after: KubeObject) => ManagedFields;

/** Stores a new, decoded object of the target's kind. */
export function createObject(
  target: Target,
  object: KubeObject,
  {
    options,
    context,
    ownership,
  }: { readonly options: WriteOptions; readonly context: WriteContext; readonly ownership?: Ownership },
): KubeObject {
  const { type } = target;
  const fresh = asNewObject(type, withoutStatus(target, object), {
    namespace: target.namespace,
    now: context.now,
  });
  const prepared = type.strategy.prepare(withSchemaDefaults(type, fresh), undefined, context);
  refuseInvalid(target, prepared, undefined, context);
  const named = { ...target, name: prepared.metadata.name };
  if (context.store.get(keyOf(named)) !== undefined) throw alreadyExists(type, named.name);
  const managed = (ownership ?? updateOwnership(named, options, context.now))({}, prepared);
  const owned = withManagedFields(prepared, managed);
  if (options.dryRun) return owned;
  return served(type, context.store.put(keyOf(named), stored(type, owned)));
}

/** kube-apiserver drops the status of a new object if it is a subresource, except for Nodes, which report it at once. */
function withoutStatus({ type }: Target, object: KubeObject): KubeObject {
  if (!type.hasStatus || type.plural === "nodes") return object;
  return parseKubeObject(without(object, "status"));
}

/**
 * Replaces an object by the result of `change`; only the target's part of it takes effect. If the result is equal to the stored
 * object, nothing is written and the resourceVersion stays.
 *
 * @throws StatusError 404, 409 or 422.
 */
export function updateObject(
  target: Target,
  change: (current: KubeObject) => KubeObject,
  {
    options,
    context,
    ownership,
  }: { readonly options: WriteOptions; readonly context: WriteContext; readonly ownership?: Ownership },
): KubeObject {
  const { type } = target;
  const current = currentObject(target, context.store);
  const changed = keepServerMetadata(type, change(current), current);
  const merged = withOtherParts(target, changed, current);
  const prepared = type.strategy.prepare(withSchemaDefaults(type, merged), current, context);
  const counted = withGeneration(target, prepared, current);
  refuseInvalid(target, counted, current, context);
  const managed = (ownership ?? updateOwnership(target, options, context.now))(
    current,
    withManagedFieldsOf(counted, changed),
  );
  const owned = withManagedFields(counted, managed);
  if (isSame(current, owned)) return current;
  if (options.dryRun) return owned;
  return finish(target, owned, context.store);
}

/** The object in the form of the target's version. */
export function currentObject(target: Target, store: ObjectStore): KubeObject {
  const object = store.get(keyOf(target));
  if (object === undefined) throw notFound(target.type, target.name);
  return served(target.type, object);
}

/** Stores the object, or removes it if it is being deleted and its last finalizer is gone. */
function finish(target: Target, object: KubeObject, store: ObjectStore): KubeObject {
  const { type } = target;
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const isHeld = finalizers.length > 0 || (object.metadata["deletionGracePeriodSeconds"] ?? 0) !== 0;
  if (deletionTimestamp === undefined || isHeld || type.storedAs === "namespaces") {
    return served(type, store.put(keyOf(target), stored(type, object)));
  }
  store.remove(keyOf(target));
  return object;
}

/** Writes to the object do not change its status; writes to the status change nothing else. */
function withOtherParts({ type, subresource }: Target, changed: KubeObject, current: KubeObject): KubeObject {
  if (subresource === "status") {
    const status = changed["status"];
    const metadata = type.custom
      ? { ...current.metadata, managedFields: changed.metadata.managedFields }
      : changed.metadata;
    const rest = without(current, "status");
    return parseKubeObject({
      ...rest,
      metadata: without(metadata),
      ...(status === undefined ? {} : { status }),
    });
  }
  if (!type.hasStatus) return changed;
  const status = current["status"];
  return parseKubeObject({ ...without(changed, "status"), ...(status === undefined ? {} : { status }) });
}

function withGeneration({ type, subresource }: Target, object: KubeObject, current: KubeObject): KubeObject {
  if (!type.strategy.tracksGeneration || subresource === "status") return object;
  const { desiredState } = type.strategy;
  if (jsonEquals(desiredState(object), desiredState(current))) return object;
  return withMetadata(object, { generation: (current.metadata.generation ?? 0) + 1 });
}

function refuseInvalid(
  target: Target,
  object: KubeObject,
  old: KubeObject | undefined,
  context: WriteContext,
): void {
  const { type } = target;
  const errors = [
    ...metadataErrors(type, object, old),
    ...type.strategy.validate(object, old, context),
    ...schemaErrors(type, object, old),
  ];
  if (errors.length > 0) throw invalid(type, object.metadata.name, errors);
}

/** Ownership of writes other than server-side apply. */
function updateOwnership(target: Target, options: WriteOptions, time: string): Ownership {
  const manager: FieldManager = {
    name: options.fieldManager,
    operation: "Update",
    apiVersion: apiVersionOf(target.type),
    subresource: target.subresource,
  };
  return (before, after) => {
    const managed = managedBefore(before, after);
    return ownershipAfterUpdate({ schema: target.type.schema(), manager, managed, time, before, after });
  };
}

/** A client may rewrite managedFields: `[{}]` removes all owners, an empty or invalid list changes nothing. */
function managedBefore(before: JsonObject, after: KubeObject): ManagedFields {
  const sent = after.metadata.managedFields ?? [];
  if (sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0) return new Map();
  const parsed = parseManagedFields(sent);
  return parsed.size > 0 ? parsed : parseManagedFields(arrayAt(before, "metadata", "managedFields"));
}

function withManagedFieldsOf(object: KubeObject, source: KubeObject): KubeObject {
  return withMetadata(object, { managedFields: source.metadata.managedFields });
}

function withManagedFields(object: KubeObject, managed: ManagedFields): KubeObject {
  const entries = renderManagedFields(managed);
  return withMetadata(object, { managedFields: entries.length === 0 ? undefined : entries });
}

/** Equal apart from the times in managedFields. */
function isSame(current: KubeObject, changed: KubeObject): boolean {
  return (
    jsonEquals(withoutOwners(current), withoutOwners(changed)) &&
    sameOwnership(
      parseManagedFields(current.metadata.managedFields ?? []),
      parseManagedFields(changed.metadata.managedFields ?? []),
    )
  );
}

function withoutOwners(object: KubeObject): KubeObject {
  return withMetadata(object, { managedFields: undefined });
}
