import type { ObjectMeta } from "../../../crds/api.ts";
import type { ApiClient, ApiObject, WatchEvent } from "../../../platform/kube/api-client.ts";
import { groupVersionOf, type Resource } from "../../../platform/kube/resources.ts";
import { expired } from "../api-refusals.ts";
import { isSameResource } from "./object-id.ts";
import type { Change } from "./object-store.ts";
import { eventForSelection, type Scope } from "./selection.ts";

interface Watcher extends Scope {
  readonly resource: Resource;
  readonly onEvent: (event: WatchEvent) => void;
  readonly end: (error?: unknown) => void;
}

/** What a new watch begins with. */
type Beginning =
  | { readonly kind: "objects"; readonly objects: readonly (ApiObject & WatchEvent["object"])[] }
  | { readonly kind: "changesAfter"; readonly resourceVersion: number };

/** The open watches, and the changes from which they can resume. */
export class FakeWatches {
  readonly #resourceVersion: () => number;
  readonly #watchers = new Set<Watcher>();
  #history: Change[] = [];
  #oldestResumable = 0;
  #silent = false;
  #heldEvents: (() => void)[] | undefined;

  /** @param resourceVersion that of the last change */
  constructor(resourceVersion: () => number) {
    this.#resourceVersion = resourceVersion;
  }

  get size(): number {
    return this.#watchers.size;
  }

  setSilent(silent: boolean): void {
    this.#silent = silent;
  }

  /** Each call of the returned function delivers the oldest event that is held. */
  holdEvents(): () => void {
    const held = (this.#heldEvents ??= []);
    return () => held.shift()?.();
  }

  endAll(error?: unknown): void {
    for (const watcher of this.#watchers) watcher.end(error);
  }

  expireHistory(): void {
    this.#history = [];
    this.#oldestResumable = this.#resourceVersion();
  }

  sendBookmarks(): void {
    for (const watcher of this.#watchers) this.#deliver(watcher, this.#bookmark(watcher.resource, false));
  }

  /** Sends an event to every watch of the resource. */
  send(resource: Resource, event: WatchEvent): void {
    for (const watcher of this.#watchers) {
      if (isSameResource(watcher.resource, resource)) this.#deliver(watcher, event);
    }
  }

  publish(change: Change): void {
    this.#history.push(change);
    for (const watcher of this.#watchers) this.#show(change, watcher);
  }

  /** Resolves or rejects when the watch ends. @throws {ApiError} Expired */
  async open(
    resource: Resource,
    options: Parameters<ApiClient["watch"]>[1],
    beginning: Beginning,
  ): Promise<void> {
    if (beginning.kind === "changesAfter" && beginning.resourceVersion < this.#oldestResumable)
      throw expired();
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
    this.#begin(watcher, beginning);
    try {
      await ended.promise;
    } finally {
      options.signal.removeEventListener("abort", onAbort);
    }
  }

  #begin(watcher: Watcher, beginning: Beginning): void {
    if (beginning.kind === "objects") {
      for (const object of beginning.objects) this.#deliver(watcher, { type: "ADDED", object });
      this.#deliver(watcher, this.#bookmark(watcher.resource, true));
      return;
    }
    for (const change of this.#history) {
      if (change.resourceVersion > beginning.resourceVersion) this.#show(change, watcher);
    }
  }

  #show({ resource, event, before }: Change, watcher: Watcher): void {
    if (!isSameResource(watcher.resource, resource)) return;
    const seen = eventForSelection(event, before, watcher);
    if (seen !== undefined) this.#deliver(watcher, seen);
  }

  #bookmark(resource: Resource, endsInitialEvents: boolean): WatchEvent {
    const metadata: ObjectMeta = {
      name: "",
      resourceVersion: String(this.#resourceVersion()),
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
}
