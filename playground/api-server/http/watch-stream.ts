import type { ServerResponse } from "node:http";
import type { JsonObject } from "../json-value.ts";
import { served } from "../registry/target.ts";
import { apiVersionOf } from "../registry/decode-object.ts";
import type { KubeObject } from "../kube-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { invalid, StatusError } from "../status-error.ts";
import { forbidden as forbiddenField } from "../../../crds/validation/field-error.ts";
import type { Change, ObjectStore } from "../storage/object-store.ts";
import { parseSelectors } from "./list-objects.ts";
import { parseRevision, type ListQuery } from "./query.ts";
import { renderJson } from "./respond.ts";

/** How often a watch without events gets a bookmark, if the client allows bookmarks. */
const bookmarkPeriodMs = 60_000;
/** How long before its end a watch gets its last bookmark, so that the client can resume from it. */
const lastBookmarkLeadMs = 2_000;
const defaultTimeoutSeconds = 1_800;
/** Maximum of unread data. The server disconnects clients above it, as kube-apiserver does with slow watchers. */
const maxUnreadBytes = 64 * 1024 * 1024;

/** The form of an object for this client: itself, or a one-row Table. */
export type Rendering = (object: KubeObject) => JsonObject;

/** Answers a watch request and keeps the response open until its timeout, or until `signal` aborts. */
export function streamWatch(
  response: ServerResponse,
  facts: {
    readonly store: ObjectStore;
    readonly type: ResourceType;
    readonly namespace: string | undefined;
    readonly query: ListQuery;
    readonly render: Rendering;
    readonly signal: AbortSignal;
  },
): void {
  const { store, type, query } = facts;
  checkInitialEvents(query);
  const matches = parseSelectors(type, query);
  const inScope = (change: Change): boolean =>
    change.key.resource === type.storedAs &&
    (facts.namespace === undefined || change.key.namespace === facts.namespace);
  const from = parseRevision(query.resourceVersion) ?? 0;
  const sink = new EventSink(response, facts.render);
  const relay = (change: Change): void => {
    if (change.revision > from && inScope(change)) sink.change(change, type, matches);
  };
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Cache-Control": "no-cache, private",
    "Transfer-Encoding": "chunked",
  });
  response.flushHeaders();
  if (query.sendInitialEvents || from === 0) {
    for (const object of store.list(type.storedAs, facts.namespace).filter(matches))
      sink.send("ADDED", served(type, object));
  } else if (!replay(store, { type, from, relay, sink })) {
    return;
  }
  if (query.sendInitialEvents && query.allowWatchBookmarks)
    sink.bookmark(bookmarkOf(type, store.revision, true));
  keepOpen(response, { ...facts, relay, sink });
}

/** Sends the changes since the last event of the client; false if these are no longer known. */
function replay(
  store: ObjectStore,
  facts: {
    readonly type: ResourceType;
    readonly from: number;
    readonly relay: (change: Change) => void;
    readonly sink: EventSink;
  },
): boolean {
  try {
    for (const change of store.changesSince(facts.type.storedAs, facts.from)) facts.relay(change);
    return true;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    facts.sink.fail(error);
    return false;
  }
}

function keepOpen(
  response: ServerResponse,
  facts: {
    readonly store: ObjectStore;
    readonly type: ResourceType;
    readonly query: ListQuery;
    readonly signal: AbortSignal;
    readonly relay: (change: Change) => void;
    readonly sink: EventSink;
  },
): void {
  const { store, type, query, signal, sink } = facts;
  const timeoutMs = (query.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
  const unsubscribe = store.subscribe(facts.relay);
  const bookmark = (): void => sink.bookmark(bookmarkOf(type, store.revision, false));
  const timers = query.allowWatchBookmarks
    ? [
        setInterval(bookmark, bookmarkPeriodMs),
        setTimeout(bookmark, Math.max(0, timeoutMs - lastBookmarkLeadMs)),
      ]
    : [];
  const end = setTimeout(() => response.end(), timeoutMs);
  const abort = (): void => {
    response.end();
  };
  signal.addEventListener("abort", abort, { once: true });
  response.once("close", () => {
    unsubscribe();
    signal.removeEventListener("abort", abort);
    for (const timer of [...timers, end]) clearTimeout(timer);
  });
}

function checkInitialEvents(query: ListQuery): void {
  if (!query.sendInitialEvents || query.resourceVersionMatch === "NotOlderThan") return;
  const detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
  const field = forbiddenField("resourceVersionMatch", detail);
  throw invalid({ group: "meta.k8s.io", plural: "", kind: "ListOptions" }, "", [field]);
}

function bookmarkOf(type: ResourceType, revision: number, endsInitialEvents: boolean): JsonObject {
  const annotations = { "k8s.io/initial-events-end": "true" };
  return {
    kind: type.kind,
    apiVersion: apiVersionOf(type),
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(endsInitialEvents ? { annotations } : {}),
    },
  };
}

/** Writes watch events, one JSON object per line. */
class EventSink {
  readonly #response: ServerResponse;
  readonly #render: Rendering;

  constructor(response: ServerResponse, render: Rendering) {
    this.#response = response;
    this.#render = render;
  }

  /** For this client, an object is added when it starts to match the selectors, and deleted when it stops. */
  change(
    { object, previous, type: changeType }: Change,
    type: ResourceType,
    matches: (object: KubeObject) => boolean,
  ): void {
    const was = previous !== undefined && matches(previous);
    const is = changeType !== "DELETED" && matches(object);
    if (is) this.send(was ? "MODIFIED" : "ADDED", served(type, object));
    else if (was) this.send("DELETED", served(type, object));
  }

  send(type: string, object: KubeObject): void {
    this.#write(type, this.#render(object));
  }

  bookmark(object: JsonObject): void {
    this.#write("BOOKMARK", object);
  }

  fail(error: StatusError): void {
    this.#write("ERROR", error.toStatus());
    this.#response.end();
  }

  #write(type: string, object: JsonObject): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#response.writableLength > maxUnreadBytes) this.#response.destroy();
    else this.#response.write(`${renderJson({ type, object })}\n`);
  }
}
