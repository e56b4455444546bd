import { isDeepStrictEqual } from "node:util";
import type { ObjectMeta } from "../../crds/api.ts";
import { matchesSelector } from "../../platform/kube/label-selector.ts";
import type {
  ApiClient,
  ApiObject,
  ObjectRef,
  Selectors,
  WatchEvent,
} from "../../platform/kube/api-client.ts";
import { groupVersionOf, type Resource } from "../../platform/kube/resources.ts";
import { alreadyExists, conflict, expired, notFound, streamingListRefused } from "./api-refusals.ts";
import { parseLabelSelector } from "./parse-label-selector.ts";

type Method = keyof ApiClient;
type Json = Readonly<Record<string, unknown>>;
type StoredObject = ApiObject & Json;

interface Change {
  readonly resource: Resource;
  readonly resourceVersion: number;
  readonly event: WatchEvent;
  /** The object as it was, for watches that selected it then. */
  readonly before: StoredObject | undefined;
}

interface Watcher extends Selectors {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly onEvent: (event: WatchEvent) => void;
  readonly end: (error?: unknown) => void;
}

interface Failure {
  readonly method: Method;
  readonly resource: Resource | undefined;
  readonly error: unknown;
  remaining: number;
}

/** One call that a test can look at afterwards. */
export interface Call {
  readonly method: Method;
  readonly resource: Resource;
  readonly name: string | undefined;
  readonly body: unknown;
  readonly options: unknown;
}

/**
 * An API server in memory, as far as our programs need one: resource versions, conflicts, status subresources,
 * finalizers, uid preconditions, selectors, and watches with streaming lists, bookmarks, resumption and expiry. It has no
 * schemas, no defaulting and no field ownership: apply merges. Objects are kept and returned as copies.
 */
export class FakeApiClient implements ApiClient {
  /** All calls so far, oldest first. */
  readonly calls: Call[] = [];
  /** Answers watches that ask for initial events with 422, as servers without streaming lists do. */
  refuseStreamingLists = false;
  readonly #now: () => number;
  readonly #objects = new Map<string, StoredObject>();
  readonly #watchers = new Set<Watcher>();
  readonly #failures: Failure[] = [];
  #history: Change[] = [];
  #oldestResumable = 0;
  #resourceVersion = 0;
  #uids = 0;
  #silent = false;
  #heldEvents: (() => void)[] | undefined;
  #heldApply: { readonly id: string; readonly released: Promise<void> } | undefined;

  /** @param now time of creation and deletion timestamps, in milliseconds since the epoch */
  constructor({ now = () => Date.UTC(2026, 0, 1) }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  // What tests do to it.

  /** Makes the next `times` calls of a method reject with `error`. */
  failNext(
    method: Method,
    error: unknown,
    { times = 1, resource }: { times?: number; resource?: Resource } = {},
  ): void {
    this.#failures.push({ method, resource, error, remaining: times });
  }

  /** Breaks every watch, as a lost connection does; without an error, ends them as the server does. */
  dropConnections(error?: unknown): void {
    for (const watcher of this.#watchers) watcher.end(error);
  }

  /** Forgets past changes: a watch can no longer resume from a resource version before this moment. */
  expireHistory(): void {
    this.#history = [];
    this.#oldestResumable = this.#resourceVersion;
  }

  /** Keeps watches open without sending anything, as a half-open connection does, until called with false. */
  setSilent(silent: boolean): void {
    this.#silent = silent;
  }

  /** Delays all events, as a slow API server does. Each call of the returned function lets the oldest one through. */
  holdEvents(): () => void {
    const held = (this.#heldEvents ??= []);
    return () => held.shift()?.();
  }

  /** The next apply to an object takes effect at once, but is answered only when the returned function is called. */
  holdNextApply(ref: ObjectRef): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heldApply = { id: idOf(ref.resource, ref), released: promise };
    return resolve;
  }

  /** Sends every watch a bookmark with the current resource version. */
  sendBookmarks(): void {
    for (const watcher of this.#watchers) this.#deliver(watcher, this.#bookmark(watcher.resource, false));
  }

  /** Sends every watch of the resource an ERROR event. */
  sendError(
    resource: Resource,
    status: { readonly code: number; readonly reason?: string; readonly message?: string },
  ): void {
    const object = { kind: "Status", metadata: { name: "" }, ...status };
    for (const watcher of this.#watchers) {
      if (isSameResource(watcher.resource, resource)) this.#deliver(watcher, { type: "ERROR", object });
    }
  }

  /** Watches that are open. */
  get openWatches(): number {
    return this.#watchers.size;
  }

  /** All stored objects of a resource, sorted by namespace and name. */
  objects<T extends ApiObject>(resource: Resource): readonly T[] {
    return this.#stored(resource, {}).map((object) => parseCopy<T>(object));
  }

  /** The last call of a method, for assertions on what was sent. */
  lastCall(method: Method): Call | undefined {
    return this.calls.findLast((call) => call.method === method);
  }

  // ApiClient.

  async get<T extends ApiObject>(ref: ObjectRef): Promise<T | undefined> {
    this.#begin("get", ref.resource, { name: ref.name });
    const object = this.#objects.get(idOf(ref.resource, ref));
    return object === undefined ? undefined : parseCopy<T>(object);
  }

  async list<T extends ApiObject>(resource: Resource, options: Parameters<ApiClient["list"]>[1] = {}) {
    this.#begin("list", resource, { options });
    const items = this.#stored(resource, options).map((object) => parseCopy<T>(object));
    return { items, resourceVersion: String(this.#resourceVersion) };
  }

  async create<T extends ApiObject>(resource: Resource, object: T): Promise<T> {
    this.#begin("create", resource, { name: object.metadata.name, body: object });
    if (this.#objects.has(idOf(resource, object.metadata)))
      throw alreadyExists(resource, object.metadata.name);
    const { status: _ignored, ...rest } = parseCopy<StoredObject>(object);
    return parseCopy<T>(this.#insert(resource, rest));
  }

  async update<T extends ApiObject>(resource: Resource, object: T): Promise<T> {
    this.#begin("update", resource, { name: object.metadata.name, body: object });
    const current = this.#mustGet(resource, object.metadata);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(resource, object.metadata.name);
    }
    return parseCopy<T>(
      this.#replace(resource, current, withStatus(parseCopy<StoredObject>(object), current["status"])),
    );
  }

  async mergePatch<T extends ApiObject>(
    ref: ObjectRef,
    patch: object,
    options: Parameters<ApiClient["mergePatch"]>[2] = {},
  ): Promise<T> {
    this.#begin("mergePatch", ref.resource, { name: ref.name, body: patch, options });
    return parseCopy<T>(
      this.#patch(
        ref.resource,
        this.#mustGet(ref.resource, ref),
        parseCopy<Json>(patch),
        options.subresource,
      ),
    );
  }

  async apply<T extends ApiObject>(
    resource: Resource,
    object: ApiObject,
    options: Parameters<ApiClient["apply"]>[2],
  ): Promise<T> {
    this.#begin("apply", resource, { name: object.metadata.name, body: object, options });
    const id = idOf(resource, object.metadata);
    const current = this.#objects.get(id);
    if (current === undefined) {
      if (options.subresource !== undefined) throw notFound(resource, object.metadata.name);
      const { status: _ignored, ...rest } = parseCopy<StoredObject>(object);
      return this.#answer(id, parseCopy<T>(this.#insert(resource, rest)));
    }
    const patched = this.#patch(resource, current, parseCopy<Json>(object), options.subresource);
    return this.#answer(id, parseCopy<T>(patched));
  }

  async delete(ref: ObjectRef, options: Parameters<ApiClient["delete"]>[1] = {}): Promise<boolean> {
    this.#begin("delete", ref.resource, { name: ref.name, options });
    const current = this.#objects.get(idOf(ref.resource, ref));
    if (current === undefined) return false;
    if (options.uid !== undefined && options.uid !== current.metadata.uid)
      throw conflict(ref.resource, ref.name);
    if ((current.metadata.finalizers ?? []).length === 0) {
      this.#remove(ref.resource, current);
    } else if (current.metadata.deletionTimestamp === undefined) {
      const metadata = { ...current.metadata, deletionTimestamp: this.#timestamp() };
      this.#store(ref.resource, "MODIFIED", { ...current, metadata });
    }
    return true;
  }

  async watch(resource: Resource, options: Parameters<ApiClient["watch"]>[1]): Promise<void> {
    this.#begin("watch", resource, { options });
    options.signal.throwIfAborted();
    const resumeFrom = Number(options.resourceVersion ?? "0");
    if (options.sendInitialEvents === true && this.refuseStreamingLists) throw streamingListRefused();
    if (options.sendInitialEvents !== true && resumeFrom < this.#oldestResumable) throw expired();
    const ended = Promise.withResolvers<void>();
    const watcher: Watcher = {
      ...options,
      resource,
      end: (error) => {
        this.#watchers.delete(watcher);
        if (error === undefined) ended.resolve();
        else ended.reject(error);
      },
    };
    const onAbort = () => watcher.end(options.signal.reason);
    options.signal.addEventListener("abort", onAbort, { once: true });
    this.#watchers.add(watcher);
    options.onOpen?.();
    if (options.sendInitialEvents === true) this.#sendInitialEvents(watcher);
    else this.#resume(watcher, resumeFrom);
    try {
      await ended.promise;
    } finally {
      options.signal.removeEventListener("abort", onAbort);
    }
  }

  async #answer<T>(id: string, answer: T): Promise<T> {
    const held = this.#heldApply;
    if (held === undefined || held.id !== id) return answer;
    this.#heldApply = undefined;
    await held.released;
    return answer;
  }

  #begin(
    method: Method,
    resource: Resource,
    facts: { name?: string; body?: unknown; options?: unknown },
  ): void {
    const { name, body, options } = facts;
    this.calls.push({
      method,
      resource,
      name,
      body: body === undefined ? undefined : parseCopy(body),
      options,
    });
    const failure = this.#failures.find(
      (candidate) =>
        candidate.method === method &&
        candidate.remaining > 0 &&
        (candidate.resource === undefined || isSameResource(candidate.resource, resource)),
    );
    if (failure === undefined) return;
    failure.remaining -= 1;
    throw failure.error;
  }

  #stored(resource: Resource, scope: Selectors & { readonly namespace?: string }): readonly StoredObject[] {
    return [...this.#objects]
      .filter(([id, object]) => id.startsWith(`${collectionOf(resource)}/`) && isSelected(object, scope))
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, object]) => object);
  }

  #mustGet(resource: Resource, key: { readonly name: string; readonly namespace?: string }): StoredObject {
    const object = this.#objects.get(idOf(resource, key));
    if (object === undefined) throw notFound(resource, key.name);
    return object;
  }

  #insert(resource: Resource, object: StoredObject): StoredObject {
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

  #patch(
    resource: Resource,
    current: StoredObject,
    patch: Json,
    subresource: "status" | undefined,
  ): StoredObject {
    const wanted = asObject(patch["metadata"])["resourceVersion"];
    if (wanted !== undefined && wanted !== current.metadata.resourceVersion) {
      throw conflict(resource, current.metadata.name);
    }
    if (subresource === "status") {
      const status = mergePatch(current["status"], patch["status"] ?? {});
      return this.#replace(resource, current, { ...current, status });
    }
    const merged = parseCopy<StoredObject>(mergePatch(current, patch));
    return this.#replace(resource, current, withStatus(merged, current["status"]));
  }

  /** Writes a new state of an object; one that changes nothing leaves the resource version alone, as a real server. */
  #replace(resource: Resource, current: StoredObject, next: StoredObject): StoredObject {
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
    this.#history.push({ resource, resourceVersion: this.#resourceVersion, event, before });
    for (const watcher of this.#watchers) {
      if (!isSameResource(watcher.resource, resource)) continue;
      const seen = eventForSelection(event, before, watcher);
      if (seen !== undefined) this.#deliver(watcher, seen);
    }
  }

  #sendInitialEvents(watcher: Watcher): void {
    for (const object of this.#stored(watcher.resource, watcher))
      this.#deliver(watcher, { type: "ADDED", object });
    this.#deliver(watcher, this.#bookmark(watcher.resource, true));
  }

  #resume(watcher: Watcher, resumeFrom: number): void {
    for (const { resource, resourceVersion, event, before } of this.#history) {
      if (resourceVersion <= resumeFrom || !isSameResource(resource, watcher.resource)) continue;
      const seen = eventForSelection(event, before, watcher);
      if (seen !== undefined) this.#deliver(watcher, seen);
    }
  }

  #bookmark(resource: Resource, endsInitialEvents: boolean): WatchEvent {
    const metadata: ObjectMeta = {
      name: "",
      resourceVersion: String(this.#resourceVersion),
      ...(endsInitialEvents ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    };
    return {
      type: "BOOKMARK",
      object: { kind: resource.kind, apiVersion: groupVersionOf(resource), metadata },
    };
  }

  #deliver(watcher: Watcher, event: WatchEvent): void {
    if (this.#silent || !this.#watchers.has(watcher)) return;
    const deliver = () => {
      try {
        watcher.onEvent(structuredClone(event));
      } catch (error) {
        watcher.end(error);
      }
    };
    if (this.#heldEvents === undefined) deliver();
    else this.#heldEvents.push(deliver);
  }

  #timestamp(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, "Z");
  }
}

function collectionOf(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

function idOf(
  resource: Resource,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): string {
  return `${collectionOf(resource)}/${resource.namespaced ? `${namespace ?? "default"}/` : ""}${name}`;
}

function isSameResource(left: Resource, right: Resource): boolean {
  return collectionOf(left) === collectionOf(right);
}

function isSelected(object: ApiObject, scope: Selectors & { readonly namespace?: string }): boolean {
  const { namespace, labelSelector, fieldSelector } = scope;
  return (
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (labelSelector === undefined ||
      matchesSelector(parseLabelSelector(labelSelector), object.metadata.labels)) &&
    (fieldSelector === undefined || fieldSelector === `metadata.name=${object.metadata.name}`)
  );
}

/** What a watcher with selectors sees: an object that leaves its selection is deleted for it, one that enters is added. */
function eventForSelection(
  event: WatchEvent,
  before: ApiObject | undefined,
  scope: Watcher,
): WatchEvent | undefined {
  const was = before !== undefined && isSelected(before, scope);
  const is = event.type !== "DELETED" && isSelected(event.object, scope);
  if (is) return { ...event, type: was ? "MODIFIED" : "ADDED" };
  return was ? { ...event, type: "DELETED" } : undefined;
}

function withStatus(object: StoredObject, status: unknown): StoredObject {
  const { status: _ignored, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}

function specOf(object: StoredObject): Json {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = { ...asObject(target) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** A copy as it would come over the network, read as a T. */
function parseCopy<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
