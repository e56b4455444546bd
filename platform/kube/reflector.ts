import { backoffDelayMs } from "../async/backoff.ts";
import type { Clock } from "../async/clock.ts";
import { errorMessage } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ApiClient, ApiObject, Selectors, WatchEvent } from "./api-client.ts";
import { ApiError, isExpired } from "./api-error.ts";
import type { Resource } from "./resources.ts";
import { errorFromStatus } from "./status-error.ts";

const backoff = { baseDelayMs: 200, maxDelayMs: 30_000 };

/** What a reflector tells about the objects it follows. Exceptions are logged and do not stop it. */
export interface ReflectorHandler<Kept> {
  /** The object is there, new or changed. May be called again with what is already known. */
  onUpsert(key: string, kept: Kept): void;
  /** An object of an earlier `onUpsert` is gone, or `trim` no longer wants it. */
  onDelete(key: string): void;
  /** Called once: everything that existed at the start has been handed over. */
  onSynced(): void;
}

export interface ConnectionState {
  readonly connected: boolean;
  /** `Clock.monotonicMs` when the API server was last heard, undefined before the first time. */
  readonly lastContactMs: number | undefined;
}

/** The API server was heard: on a new connection, which says nothing of the time before, or again on one that is open. */
export type Contact = "opened" | "event";

/** How far the handler has been told: up to a change, or all that a new list holds. */
export interface Progress {
  readonly kind: "list" | "change";
  readonly resourceVersion: string;
}

export interface ReflectorOptions<Kept> extends Selectors {
  readonly client: ApiClient;
  readonly resource: Resource;
  readonly namespace?: string;
  /** Takes what is worth keeping from an object as it arrives; undefined means we are not interested in it. */
  readonly trim: (object: ApiObject) => Kept | undefined;
  readonly handler: ReflectorHandler<Kept>;
  /** Called when the connection is established or lost, not for each event. */
  readonly onStateChange?: (state: ConnectionState) => void;
  /** Called each time the API server is heard, before what it says is handed over. */
  readonly onContact?: (contact: Contact) => void;
  /** Called after each list, change and bookmark, but not for the parts of a list. */
  readonly onProgress?: (progress: Progress) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: () => number;
  readonly signal: AbortSignal;
}

/**
 * Follows all objects of a resource: a snapshot, then every change, over any number of connections. Remembers only the
 * keys ("namespace/name", or "name" for cluster-scoped resources), so that a later snapshot tells what was deleted in
 * between. Resolves when `signal` aborts and never rejects.
 *
 * The snapshot is a streaming list (KEP-3157), which needs no memory for a whole list on either side; servers that
 * refuse it are listed page by page.
 */
export async function runReflector<Kept>(options: ReflectorOptions<Kept>): Promise<void> {
  await new Reflector(options).run();
}

class Reflector<Kept> {
  readonly #options: ReflectorOptions<Kept>;
  readonly #log: Logger;
  readonly #random: () => number;
  /** Handed to `onUpsert` and not yet to `onDelete`. */
  readonly #known = new Set<string>();
  /** Keys of the snapshot that is being received. */
  #snapshot: Set<string> | undefined;
  /** Where to resume; undefined means a snapshot is needed first. */
  #resourceVersion: string | undefined;
  #streamingListRefused = false;
  #synced = false;
  /** Connections in a row that brought no event. */
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
    // During a snapshot objects come in any order of resourceVersion, so it is no place to resume.
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

  /** The log line, the new state, and how long the server wants us to stay away, in milliseconds. */
  #afterFailure(error: unknown): number {
    if (isExpired(error) || isTooLargeResourceVersion(error)) this.#resourceVersion = undefined;
    this.#log.warn(
      { reason: errorMessage(error), failures: this.#failures, resumes: this.#resourceVersion !== undefined },
      "watch failed, connecting again",
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

/** The server does not know `sendInitialEvents` (before 1.27) or has the feature off. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.statusCode === 400 || error.statusCode === 422);
}

/** The server's storage is older than what we saw, as after a restore from a backup. It has no reason of its own. */
function isTooLargeResourceVersion(error: unknown): boolean {
  return error instanceof ApiError && error.message.startsWith("Too large resource version");
}
