import type { KubeObject } from "../kube-object.ts";
import { withMetadata } from "../kube-object.ts";
import { customResourceCleanup } from "../resources/crd-strategy.ts";
import type { Change, ObjectKey, ObjectStore } from "../storage/object-store.ts";
import { foregroundDeletion, orphanDependents } from "./delete-object.ts";

/** Marks the object for deletion, or removes it if nothing prevents the removal. */
export type DeleteStored = (key: ObjectKey, uid: string | undefined) => void;

interface StoredObject {
  readonly key: ObjectKey;
  readonly object: KubeObject;
}

const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/**
 * Does the work of kube-controller-manager: removes objects whose owners are gone, the contents of namespaces and
 * CustomResourceDefinitions that are being deleted, and then these themselves.
 */
export class GarbageCollector {
  readonly #store: ObjectStore;
  readonly #deleteStored: DeleteStored;
  readonly #uids = new Map<string, ObjectKey>();
  /** Keys of objects by the uid of an owner. */
  readonly #dependents = new Map<string, Map<string, ObjectKey>>();
  readonly #unsubscribe: () => void;
  #changed: ObjectKey[] = [];
  #removedUids: string[] = [];
  readonly #removedDefinitions: string[] = [];
  #timer: NodeJS.Immediate | undefined;

  constructor(store: ObjectStore, deleteStored: DeleteStored) {
    this.#store = store;
    this.#deleteStored = deleteStored;
    for (const { key, object } of store.all()) {
      this.#index(key, object);
      this.#changed.push(key);
    }
    this.#unsubscribe = store.subscribe((change) => this.#notice(change));
    this.#schedule();
  }

  close(): void {
    this.#unsubscribe();
    clearImmediate(this.#timer);
  }

  #notice({ type, key, object, previous }: Change): void {
    if (previous !== undefined) this.#unindex(key, previous);
    if (type === "DELETED") {
      if (key.resource === definitions) this.#removedDefinitions.push(key.name);
      if (object.metadata.uid !== undefined) this.#removedUids.push(object.metadata.uid);
      this.#changed.push(...this.#holdersOf(key));
    } else {
      this.#index(key, object);
      this.#changed.push(key);
    }
    this.#schedule();
  }

  /** Namespace and definition that may be waiting for the removal of the object. */
  #holdersOf(key: ObjectKey): readonly ObjectKey[] {
    return [
      { resource: "namespaces", namespace: "", name: key.namespace },
      { resource: definitions, namespace: "", name: key.resource },
    ];
  }

  #index(key: ObjectKey, object: KubeObject): void {
    if (object.metadata.uid !== undefined) this.#uids.set(object.metadata.uid, key);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(uid) ?? new Map<string, ObjectKey>();
      this.#dependents.set(uid, dependents.set(identity(key), key));
    }
  }

  #unindex(key: ObjectKey, object: KubeObject): void {
    if (object.metadata.uid !== undefined) this.#uids.delete(object.metadata.uid);
    for (const { uid } of object.metadata.ownerReferences ?? [])
      this.#dependents.get(uid)?.delete(identity(key));
  }

  #schedule(): void {
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      this.#collect();
    });
  }

  #collect(): void {
    const changed = this.#changed;
    const removedUids = this.#removedUids;
    this.#changed = [];
    this.#removedUids = [];
    for (const resource of this.#removedDefinitions.splice(0)) this.#removeAll(resource);
    for (const uid of removedUids) {
      for (const dependent of this.#dependentsOf(uid)) this.#settle(dependent);
    }
    for (const key of changed) {
      const object = this.#store.get(key);
      if (object !== undefined) this.#settle({ key, object });
    }
  }

  /** Removes the remaining objects of a definition that was removed because a client deleted its finalizer. */
  #removeAll(resource: string): void {
    if (this.#store.get({ resource: definitions, namespace: "", name: resource }) !== undefined) return;
    for (const { key } of this.#store.all()) if (key.resource === resource) this.#store.remove(key);
  }

  #settle(entry: StoredObject): void {
    const { key, object } = entry;
    const { ownerReferences = [], deletionTimestamp, uid } = object.metadata;
    if (deletionTimestamp !== undefined) this.#finalize(entry);
    else if (ownerReferences.length > 0 && ownerReferences.every((owner) => !this.#uids.has(owner.uid))) {
      this.#deleteStored(key, uid);
    }
  }

  #finalize(entry: StoredObject): void {
    const { key, object } = entry;
    const finalizers = object.metadata.finalizers ?? [];
    const { uid = "" } = object.metadata;
    if (finalizers.includes(orphanDependents)) {
      for (const dependent of this.#dependentsOf(uid)) this.#disown(dependent, uid);
      this.#dropFinalizer(key, orphanDependents);
    } else if (finalizers.includes(foregroundDeletion)) {
      const dependents = this.#dependentsOf(uid);
      for (const dependent of dependents) this.#deleteStored(dependent.key, dependent.object.metadata.uid);
      if (this.#dependentsOf(uid).length === 0) this.#dropFinalizer(key, foregroundDeletion);
    } else if (key.resource === "namespaces" && finalizers.length === 0) {
      if (this.#empty((other) => other.namespace === key.name)) this.#store.remove(key);
    } else if (finalizers.includes(customResourceCleanup)) {
      if (this.#empty((other) => other.resource === key.name))
        this.#dropFinalizer(key, customResourceCleanup);
    }
    const owners = object.metadata.ownerReferences ?? [];
    for (const owner of owners) this.#recheck(owner.uid);
  }

  /** Deletes matching objects; true if none is left. */
  #empty(matches: (key: ObjectKey) => boolean): boolean {
    const contents = [...this.#store.all()].filter(({ key }) => matches(key));
    for (const { key, object } of contents) this.#deleteStored(key, object.metadata.uid);
    return contents.every(({ key }) => this.#store.get(key) === undefined);
  }

  #recheck(uid: string): void {
    const key = this.#uids.get(uid);
    const object = key === undefined ? undefined : this.#store.get(key);
    if (key !== undefined && object?.metadata.finalizers?.includes(foregroundDeletion) === true)
      this.#changed.push(key);
  }

  #dependentsOf(uid: string): readonly StoredObject[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])].flatMap((key) => {
      const object = this.#store.get(key);
      return object === undefined ? [] : [{ key, object }];
    });
  }

  #disown({ key, object }: StoredObject, uid: string): void {
    const rest = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
    this.#store.put(key, withMetadata(object, { ownerReferences: rest.length === 0 ? undefined : rest }));
  }

  #dropFinalizer(key: ObjectKey, finalizer: string): void {
    const object = this.#store.get(key);
    if (object === undefined) return;
    const rest = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    const isHeld = rest.length > 0 || key.resource === "namespaces";
    if (!isHeld) this.#store.remove(key);
    else this.#store.put(key, withMetadata(object, { finalizers: rest.length === 0 ? undefined : rest }));
  }
}

function identity(key: ObjectKey): string {
  return `${key.resource}/${key.namespace}/${key.name}`;
}
