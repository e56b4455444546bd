import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ApiObject } from "../../../platform/kube/api-client.ts";
import { keyOf } from "../../../platform/kube/reflector.ts";
import { groupVersionOf, resources, type Resource } from "../../../platform/kube/resources.ts";

const batchLength = 256 * 1024;
const bookmarkMs = 60_000;

/**
 * A minimal API server for a proxy: lists and watches of objects that are kept as JSON text, so that its own cost is not
 * measured. It accepts every write of the proxy and discards it. It has no selectors, because it has only objects that the proxy
 * requests.
 */
export class ApiStub {
  readonly #server: Server;
  readonly #collections = new Map<string, Collection>();
  readonly #bookmarks: NodeJS.Timeout;
  #resourceVersion = 1;

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#bookmarks = setInterval(() => this.#sendBookmarks(), bookmarkMs);
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  close(): void {
    clearInterval(this.#bookmarks);
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Serves the resource, initially without objects. */
  serve(resource: Resource): void {
    this.#collections.set(pathOf(resource), new Collection(resource));
  }

  /**
   * Creates or changes an object and notifies the watchers.
   * @returns `performance.now()` just before the event was sent to the first of them
   */
  put(resource: Resource, object: ApiObject): number {
    const collection = this.#collections.get(pathOf(resource));
    if (collection === undefined) throw new Error(`the API stub does not serve ${resource.plural}`);
    this.#resourceVersion += 1;
    const { metadata } = object;
    const stored = { ...object, metadata: { ...metadata, resourceVersion: String(this.#resourceVersion) } };
    return collection.put(keyOf(object), JSON.stringify(stored));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://stub");
    response.setHeader("content-type", "application/json");
    if (request.method !== "GET") {
      for await (const _ of request); // accepted and discarded
      response.end("{}");
      return;
    }
    const collection = this.#collections.get(url.pathname);
    if (collection === undefined) {
      this.#getOne(url.pathname, response);
    } else if (url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1") {
      await this.#watch(collection, url.searchParams, response);
    } else {
      response.end(collection.renderList(this.#resourceVersion));
    }
  }

  #getOne(path: string, response: ServerResponse): void {
    const separator = path.lastIndexOf("/");
    const found = this.#collections.get(path.slice(0, separator))?.get(path.slice(separator + 1));
    if (found === undefined) response.statusCode = 404;
    response.end(found ?? renderStatus(404, "NotFound", `${path} does not exist`));
  }

  async #watch(collection: Collection, parameters: URLSearchParams, response: ServerResponse): Promise<void> {
    const from = parameters.get("resourceVersion") ?? "";
    if (parameters.get("sendInitialEvents") === "true") {
      await collection.sendAll(response);
      response.write(collection.renderBookmark(this.#resourceVersion, true));
    } else if (from !== String(this.#resourceVersion)) {
      const expired = renderStatus(410, "Expired", `too old resource version: ${from}`);
      response.end(`{"type":"ERROR","object":${expired}}\n`);
      return;
    } else {
      response.flushHeaders();
    }
    collection.watchers.add(response);
    response.once("close", () => collection.watchers.delete(response));
  }

  #sendBookmarks(): void {
    for (const collection of this.#collections.values()) {
      collection.tellWatchers(collection.renderBookmark(this.#resourceVersion, false));
    }
  }
}

class Collection {
  readonly watchers = new Set<ServerResponse>();
  readonly #resource: Resource;
  readonly #objects = new Map<string, string>();

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  get(key: string): string | undefined {
    return this.#objects.get(key);
  }

  put(key: string, json: string): number {
    const event = `{"type":"${this.#objects.has(key) ? "MODIFIED" : "ADDED"}","object":${json}}\n`;
    this.#objects.set(key, json);
    const sentAtMs = performance.now();
    this.tellWatchers(event);
    return sentAtMs;
  }

  tellWatchers(event: string): void {
    for (const watcher of this.watchers) watcher.write(event);
  }

  /** Sends an ADDED event for each object, not faster than the watcher reads. */
  async sendAll(response: ServerResponse): Promise<void> {
    let batch = "";
    for (const json of this.#objects.values()) {
      batch += `{"type":"ADDED","object":${json}}\n`;
      if (batch.length < batchLength) continue;
      const hasRoom = response.write(batch);
      batch = "";
      if (!hasRoom) await once(response, "drain");
    }
    response.write(batch);
  }

  renderList(resourceVersion: number): string {
    const head = `"kind":"${this.#resource.kind}List","apiVersion":"${groupVersionOf(this.#resource)}"`;
    const items = [...this.#objects.values()].join(",");
    return `{${head},"metadata":{"resourceVersion":"${resourceVersion}"},"items":[${items}]}`;
  }

  renderBookmark(resourceVersion: number, endsInitialEvents: boolean): string {
    const object = {
      kind: this.#resource.kind,
      apiVersion: groupVersionOf(this.#resource),
      metadata: {
        resourceVersion: String(resourceVersion),
        ...(endsInitialEvents ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
      },
    };
    return `${JSON.stringify({ type: "BOOKMARK", object })}\n`;
  }
}

function renderStatus(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code });
}

/** Path of all objects of the resource in all namespaces. */
function pathOf(resource: Resource): string {
  const prefix = resource.group === "" ? "/api" : "/apis";
  return `${prefix}/${groupVersionOf(resource)}/${resource.plural}`;
}

/** Resources that a proxy requests besides Services and their endpoints. */
export const proxiedResources = [
  resources.services,
  resources.endpointSlices,
  resources.serviceCIDRs,
  resources.nodes,
  resources.nodeProxies,
] as const;
