import type { ApiClient, ApiObject, ObjectRef } from "../../platform/kube/api-client.ts";
import type { JsonObject } from "../../crds/validation/json-object.ts";
import type { Resource } from "../../platform/kube/resources.ts";
import { alreadyExists, conflict, notFound, streamingListRefused } from "./api-refusals.ts";
import { idOf, isSameResource } from "./fake-api/object-id.ts";
import { FakeObjectStore, withStatus, type StoredObject } from "./fake-api/object-store.ts";
import { parseCopy } from "./fake-api/parse-copy.ts";
import { FakeWatches } from "./fake-api/watches.ts";

type Method = keyof ApiClient;

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
  readonly #store: FakeObjectStore;
  readonly #watches: FakeWatches;
  readonly #failures: Failure[] = [];
  #heldApply: { readonly id: string; readonly released: Promise<void> } | undefined;

  /** @param now time of creation and deletion timestamps, in milliseconds since the epoch */
  constructor({ now = () => Date.UTC(2026, 0, 1) }: { readonly now?: () => number } = {}) {
    this.#watches = new FakeWatches(() => this.#store.resourceVersion);
    this.#store = new FakeObjectStore(now, (change) => this.#watches.publish(change));
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
    this.#watches.endAll(error);
  }

  /** Forgets past changes: a watch can no longer resume from a resource version before this moment. */
  expireHistory(): void {
    this.#watches.expireHistory();
  }

  /** Keeps watches open without sending anything, as a half-open connection does, until called with false. */
  setSilent(silent: boolean): void {
    this.#watches.setSilent(silent);
  }

  /** Delays all events, as a slow API server does. Each call of the returned function lets the oldest one through. */
  holdEvents(): () => void {
    return this.#watches.holdEvents();
  }

  /** The next apply to an object takes effect at once, but is answered only when the returned function is called. */
  holdNextApply(ref: ObjectRef): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heldApply = { id: idOf(ref.resource, ref), released: promise };
    return resolve;
  }

  /** Sends every watch a bookmark with the current resource version. */
  sendBookmarks(): void {
    this.#watches.sendBookmarks();
  }

  /** Sends every watch of the resource an ERROR event. */
  sendError(
    resource: Resource,
    status: { readonly code: number; readonly reason?: string; readonly message?: string },
  ): void {
    const object = { kind: "Status", metadata: { name: "" }, ...status };
    this.#watches.send(resource, { type: "ERROR", object });
  }

  /** Watches that are open. */
  get openWatches(): number {
    return this.#watches.size;
  }

  /** All stored objects of a resource, sorted by namespace and name. */
  objects<T extends ApiObject>(resource: Resource): readonly T[] {
    return this.#store.list(resource, {}).map((object) => parseCopy<T>(object));
  }

  /** The last call of a method, for assertions on what was sent. */
  lastCall(method: Method): Call | undefined {
    return this.calls.findLast((call) => call.method === method);
  }

  // ApiClient.

  async get<T extends ApiObject>(ref: ObjectRef): Promise<T | undefined> {
    this.#begin("get", ref.resource, { name: ref.name });
    const object = this.#store.get(ref.resource, ref);
    return object === undefined ? undefined : parseCopy<T>(object);
  }

  async list<T extends ApiObject>(resource: Resource, options: Parameters<ApiClient["list"]>[1] = {}) {
    this.#begin("list", resource, { options });
    const items = this.#store.list(resource, options).map((object) => parseCopy<T>(object));
    return { items, resourceVersion: String(this.#store.resourceVersion) };
  }

  async create<T extends ApiObject>(resource: Resource, object: T): Promise<T> {
    this.#begin("create", resource, { name: object.metadata.name, body: object });
    if (this.#store.get(resource, object.metadata) !== undefined)
      throw alreadyExists(resource, object.metadata.name);
    const { status: _ignored, ...rest } = parseCopy<StoredObject>(object);
    return parseCopy<T>(this.#store.insert(resource, rest));
  }

  async update<T extends ApiObject>(resource: Resource, object: T): Promise<T> {
    this.#begin("update", resource, { name: object.metadata.name, body: object });
    const current = this.#store.mustGet(resource, object.metadata);
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(resource, object.metadata.name);
    }
    return parseCopy<T>(
      this.#store.replace(resource, current, withStatus(parseCopy<StoredObject>(object), current["status"])),
    );
  }

  async mergePatch<T extends ApiObject>(
    ref: ObjectRef,
    patch: object,
    options: Parameters<ApiClient["mergePatch"]>[2] = {},
  ): Promise<T> {
    this.#begin("mergePatch", ref.resource, { name: ref.name, body: patch, options });
    return parseCopy<T>(
      this.#store.patch(
        ref.resource,
        this.#store.mustGet(ref.resource, ref),
        parseCopy<JsonObject>(patch),
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
    const current = this.#store.get(resource, object.metadata);
    if (current === undefined) {
      if (options.subresource !== undefined) throw notFound(resource, object.metadata.name);
      const { status: _ignored, ...rest } = parseCopy<StoredObject>(object);
      return this.#answer(id, parseCopy<T>(this.#store.insert(resource, rest)));
    }
    const patched = this.#store.patch(resource, current, parseCopy<JsonObject>(object), options.subresource);
    return this.#answer(id, parseCopy<T>(patched));
  }

  async delete(ref: ObjectRef, options: Parameters<ApiClient["delete"]>[1] = {}): Promise<boolean> {
    this.#begin("delete", ref.resource, { name: ref.name, options });
    const current = this.#store.get(ref.resource, ref);
    if (current === undefined) return false;
    if (options.uid !== undefined && options.uid !== current.metadata.uid)
      throw conflict(ref.resource, ref.name);
    this.#store.delete(ref.resource, current);
    return true;
  }

  async watch(resource: Resource, options: Parameters<ApiClient["watch"]>[1]): Promise<void> {
    this.#begin("watch", resource, { options });
    options.signal.throwIfAborted();
    const { sendInitialEvents, resourceVersion = "0" } = options;
    if (sendInitialEvents !== true) {
      await this.#watches.open(resource, options, {
        kind: "changesAfter",
        resourceVersion: Number(resourceVersion),
      });
      return;
    }
    if (this.refuseStreamingLists) throw streamingListRefused();
    await this.#watches.open(resource, options, {
      kind: "objects",
      objects: this.#store.list(resource, options),
    });
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
}
