import { isDeepStrictEqual } from "node:util";
import type { ObjectMeta } from "../../../crds/api.ts";
import type { JsonObject } from "../../../crds/validation/json-object.ts";
import type { ApiObject, WatchEvent } from "../../../platform/kube/api-client.ts";
import { groupVersionOf, type Resource } from "../../../platform/kube/resources.ts";
import { conflict, notFound } from "../api-refusals.ts";
import { asObject, mergePatch } from "./merge-patch.ts";
import { collectionOf, idOf } from "./object-id.ts";
import { parseCopy } from "./parse-copy.ts";
import { isSelected, type Scope } from "./selection.ts";

export type StoredObject = ApiObject & JsonObject;

/** What identifies an object of a resource. */
interface ObjectKey {
  readonly name: string;
  readonly namespace?: string;
}

export interface Change {
  readonly resource: Resource;
  readonly resourceVersion: number;
  readonly event: WatchEvent;
  /** The object as it was, for watches that selected it then. */
  readonly before: StoredObject | undefined;
}

/** All objects in memory, with what the API server itself writes: resource versions, uids, generations, times. */
export class FakeObjectStore {
  readonly #now: () => number;
  readonly #onChange: (change: Change) => void;
  readonly #objects = new Map<string, StoredObject>();
  #resourceVersion = 0;
  #uids = 0;

  constructor(now: () => number, onChange: (change: Change) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Of the last change. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  get(resource: Resource, key: ObjectKey): StoredObject | undefined {
    return this.#objects.get(idOf(resource, key));
  }

  /** @throws {ApiError} NotFound */
  mustGet(resource: Resource, key: ObjectKey): StoredObject {
    const object = this.get(resource, key);
    if (object === undefined) throw notFound(resource, key.name);
    return object;
  }

  /** Sorted by namespace and name. */
  list(resource: Resource, scope: Scope): readonly StoredObject[] {
    return [...this.#objects]
      .filter(([id, object]) => id.startsWith(`${collectionOf(resource)}/`) && isSelected(object, scope))
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Stores a new object. */
  insert(resource: Resource, object: StoredObject): StoredObject {
    this.#uids += 1;
    const metadata: ObjectMeta = {
      ...object.metadata,
      uid: `00000000-0000-4000-8000-${String(this.#uids).padStart(12, "0")}`,
      generation: 1,
      creationTimestamp: object.metadata.creationTimestamp ?? this.#timestamp(),
    };
    const typed = { apiVersion: groupVersionOf(resource), kind: resource.kind, ...object, metadata };
    return this.#store(resource, "ADDED", typed);
  }

  /** Merges the patch into the object, or into its status. @throws {ApiError} Conflict */
  patch(
    resource: Resource,
    current: StoredObject,
    patch: JsonObject,
    subresource: "status" | undefined,
  ): StoredObject {
    const wanted = asObject(patch["metadata"])["resourceVersion"];
    if (wanted !== undefined && wanted !== current.metadata.resourceVersion) {
      throw conflict(resource, current.metadata.name);
    }
    if (subresource === "status") {
      const status = mergePatch(current["status"], patch["status"] ?? {});
      return this.replace(resource, current, { ...current, status });
    }
    const merged = parseCopy<StoredObject>(mergePatch(current, patch));
    return this.replace(resource, current, withStatus(merged, current["status"]));
  }

  /** Writes a new state of an object; one that changes nothing leaves the resource version alone, as a real server. */
  replace(resource: Resource, current: StoredObject, next: StoredObject): StoredObject {
    const specChanged = !isDeepStrictEqual(specOf(current), specOf(next));
    const { uid, creationTimestamp, deletionTimestamp, generation = 1, resourceVersion } = current.metadata;
    const metadata: ObjectMeta = {
      ...next.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      generation: specChanged ? generation + 1 : generation,
    };
    const object = { ...next, metadata };
    if (isDeepStrictEqual(object, current)) return current;
    if (deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) {
      return this.#remove(resource, object);
    }
    return this.#store(resource, "MODIFIED", object);
  }

  /** Removes the object; one with finalizers only gets its deletionTimestamp. */
  delete(resource: Resource, current: StoredObject): void {
    if ((current.metadata.finalizers ?? []).length === 0) {
      this.#remove(resource, current);
    } else if (current.metadata.deletionTimestamp === undefined) {
      const metadata = { ...current.metadata, deletionTimestamp: this.#timestamp() };
      this.#store(resource, "MODIFIED", { ...current, metadata });
    }
  }

  #store(resource: Resource, type: "ADDED" | "MODIFIED", object: StoredObject): StoredObject {
    const stored = this.#stamp(object);
    const before = this.#objects.get(idOf(resource, stored.metadata));
    this.#objects.set(idOf(resource, stored.metadata), stored);
    this.#publish(resource, { type, object: stored }, before);
    return stored;
  }

  #remove(resource: Resource, object: StoredObject): StoredObject {
    const removed = this.#stamp(object);
    this.#objects.delete(idOf(resource, object.metadata));
    this.#publish(resource, { type: "DELETED", object: removed }, object);
    return removed;
  }

  #stamp(object: StoredObject): StoredObject {
    this.#resourceVersion += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#resourceVersion) } };
  }

  #publish(resource: Resource, event: WatchEvent, before: StoredObject | undefined): void {
    this.#onChange({ resource, resourceVersion: this.#resourceVersion, event, before });
  }

  #timestamp(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

/** The object with another status. */
export function withStatus(object: StoredObject, status: unknown): StoredObject {
  const { status: _ignored, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}

function specOf(object: StoredObject): JsonObject {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}
