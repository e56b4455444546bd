import { backoffDelayMs } from "../async/backoff.ts";
import type { Clock } from "../async/clock.ts";
import { errorMessage } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ApiClient, ApiObject, Selectors, WatchEvent } from "./api-client.ts";
import { ApiError, isExpired } from "./api-error.ts";
import type { Resource } from "./resources.ts";
import { errorFromStatus } from "./status-error.ts";

const backoff = { baseDelayMs: 200, maxDelayMs: 30_000 };

/** Receives the objects of a reflector. Exceptions are logged and do not stop the reflector. */
export interface ReflectorHandler<Kept> {
  /** The object is new or changed. May be called again for an unchanged object. */
  onUpsert(key: string, kept: Kept): void;
  /** An object of an earlier `onUpsert` is gone, or `trim` no longer keeps it. */
  onDelete(key: string): void;
  /** Called once, after all objects that existed at the start. */
  onSynced(): void;
}

export interface ConnectionState {
  readonly connected: boolean;
  /** `Clock.monotonicMs` of the last contact with the API server, undefined before the first one. */
  readonly lastContactMs: number | undefined;
}

/** Contact with the API server: a new connection, which says nothing about the time before, or an event on an open one. */
export type Contact = "opened" | "event";

/** What the handler has received: everything up to a change, or everything in a new list. */
export interface Progress {
  readonly kind: "list" | "change";
  readonly resourceVersion: string;
}

export interface ReflectorOptions<Kept> extends Selectors {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly namespace?: string;
  /** Selects the needed parts of an object on arrival; undefined drops the object. */
  readonly trim: (object: ApiObject) => Kept | undefined;
  readonly handler: ReflectorHandler<Kept>;
  /** Called when the connection is established or lost, not for each event. */
  readonly onStateChange?: (state: ConnectionState) => void;
  /** Called at each contact with the API server, before the handler receives the event. */
  readonly onContact?: (contact: Contact) => void;
  /** Called after each list, change and bookmark, but not for parts of a list. */
  readonly onProgress?: (progress: Progress) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
  readonly signal: AbortSignal;
}

/**
 * Follows all objects of a resource: a snapshot, then every change, over any number of connections. Keeps only the keys
 * ("namespace/name", or "name" for cluster-scoped resources), so that a later snapshot shows which objects were deleted in
 * between. Resolves when `signal` aborts and never rejects.
 *
 * The snapshot is a streaming list (KEP-3157), which needs no memory for a whole list on either side. Servers that reject it
 * are listed page by page.
 */
export async function runReflector<Kept>(options: ReflectorOptions<Kept>): Promise<void> {
  await new Reflector(options).run();
}

class Reflector<Kept> {
  readonly #options: ReflectorOptions<Kept>;
  readonly #log: Logger;
  readonly #random: () => number;
  /** Keys passed to `onUpsert` and not yet to `onDelete`. */
  readonly #known = new Set<string>();
  /** Keys of the snapshot that is being received. */
  #snapshot: Set<string> | undefined;
  /** Where to resume; undefined requires a snapshot first. */
  #resourceVersion: string | undefined;
  #streamingListRefused = false;
  #synced = false;
  /** Number of consecutive connections without an event. */
  #failures = 0;
  #state: ConnectionState = { connected: false, lastContactMs: undefined };

  constructor(options: ReflectorOptions<Kept>) {
    this.#options = options;
    this.#log = options.log.child({ resource: options.resource.plural });
    this.#random = options.random ?? Math.random;
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      this.#failures += 1;
      let retryAfterMs = 0;
      try {
        await this.#connect();
      } catch (error) {
        if (signal.aborted) return;
        retryAfterMs = this.#afterFailure(error);
      }
      const delayMs = backoffDelayMs(Math.max(1, this.#failures), backoff, this.#random);
      await clock.sleep(Math.max(delayMs, retryAfterMs), signal);
    }
  }

  async #connect(): Promise<void> {
    if (this.#resourceVersion === undefined && this.#streamingListRefused) await this.#list();
    const streamingList = this.#resourceVersion === undefined;
    if (streamingList) this.#snapshot = new Set();
    const { client, resource, signal } = this.#options;
    try {
      await client.watch(resource, {
        ...this.#scope(),
        ...(this.#resourceVersion === undefined
          ? { sendInitialEvents: true }
          : { resourceVersion: this.#resourceVersion }),
        timeoutSeconds: 300 + Math.floor(this.#random() * 300),
        idleTimeoutMs: 150_000 + Math.floor(this.#random() * 30_000),
        signal,
        onOpen: () => this.#contact("opened"),
        onEvent: (event) => this.#receive(event),
      });
    } catch (error) {
      if (streamingList && isRefused(error)) this.#streamingListRefused = true;
      throw error;
    }
  }

  async #list(): Promise<void> {
    const { client, resource, signal } = this.#options;
    const list = await client.list(resource, { ...this.#scope(), signal });
    this.#contact("opened");
    this.#snapshot = new Set();
    for (const object of list.items) this.#upsert(object);
    this.#completeSnapshot(list.resourceVersion);
  }

  /** @throws {ApiError} for an ERROR event, which ends the watch */
  #receive({ type, object }: WatchEvent): void {
    if (type === "ERROR") throw errorFromStatus(object);
    this.#failures = 0;
    this.#contact("event");
    switch (type) {
      case "ADDED":
      case "MODIFIED":
        this.#upsert(object);
        break;
      case "DELETED":
        this.#snapshot?.delete(keyOf(object));
        this.#delete(keyOf(object));
        break;
      case "BOOKMARK":
        if (endsInitialEvents(object)) this.#completeSnapshot(object.metadata.resourceVersion);
    }
    // During a snapshot, objects arrive in any order of resourceVersion, so their versions are no place to resume.
    if (this.#snapshot === undefined) this.#progress("change", object.metadata.resourceVersion);
  }

  #progress(kind: Progress["kind"], resourceVersion: string | undefined): void {
    this.#resourceVersion = resourceVersion;
    if (resourceVersion !== undefined)
      this.#guard(() => this.#options.onProgress?.({ kind, resourceVersion }));
  }

  #completeSnapshot(resourceVersion: string | undefined): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    this.#snapshot = undefined;
    for (const key of this.#known) if (!snapshot.has(key)) this.#delete(key);
    this.#progress("list", resourceVersion);
    this.#log.debug({ objects: snapshot.size }, "received a snapshot");
    if (this.#synced) return;
    this.#synced = true;
    this.#guard(() => this.#options.handler.onSynced());
  }

  #upsert(object: ApiObject): void {
    const key = keyOf(object);
    const kept = this.#guard(() => this.#options.trim(object), key);
    if (kept === undefined) {
      this.#delete(key);
      return;
    }
    this.#snapshot?.add(key);
    this.#known.add(key);
    this.#guard(() => this.#options.handler.onUpsert(key, kept), key);
  }

  #delete(key: string): void {
    if (this.#known.delete(key)) this.#guard(() => this.#options.handler.onDelete(key), key);
  }

  /** Logs the failure, updates the state, and returns how long the server asks to wait, in milliseconds. */
  #afterFailure(error: unknown): number {
    if (isExpired(error) || isTooLargeResourceVersion(error)) this.#resourceVersion = undefined;
    this.#log.warn(
      { reason: errorMessage(error), failures: this.#failures, resumes: this.#resourceVersion !== undefined },
      "watch failed, reconnecting",
    );
    this.#setState({ ...this.#state, connected: false });
    const retryAfterSeconds = error instanceof ApiError ? error.retryAfterSeconds : undefined;
    return (retryAfterSeconds ?? 0) * 1000;
  }

  #contact(contact: Contact): void {
    this.#setState({ connected: true, lastContactMs: this.#options.clock.monotonicMs() });
    this.#guard(() => this.#options.onContact?.(contact));
  }

  #setState(state: ConnectionState): void {
    const changed = state.connected !== this.#state.connected;
    this.#state = state;
    if (changed) this.#guard(() => this.#options.onStateChange?.(state));
  }

  #guard<Result>(call: () => Result, key?: string): Result | undefined {
    try {
      return call();
    } catch (error) {
      this.#log.error({ error, key }, "handling a watched object failed");
      return undefined;
    }
  }

  #scope(): Selectors & { readonly namespace?: string } {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }
}

/** Key of an object in a reflector and a work queue. */
export function keyOf({ metadata: { namespace, name } }: ApiObject): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

function endsInitialEvents({ metadata }: ApiObject): boolean {
  return metadata.annotations?.["k8s.io/initial-events-end"] === "true";
}

/** The server does not know `sendInitialEvents` (before 1.27) or has the feature disabled. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.statusCode === 400 || error.statusCode === 422);
}

/** The server's storage is older than our last state, as after a restore from a backup. The Status has no specific reason. */
function isTooLargeResourceVersion(error: unknown): boolean {
  return error instanceof ApiError && error.message.startsWith("Too large resource version");
}
