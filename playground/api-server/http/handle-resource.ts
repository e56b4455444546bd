import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import { apiVersionOf } from "../registry/decode-object.ts";
import type { Target, WriteOptions } from "../registry/target.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import {
  badRequest,
  methodNotAllowed,
  noSuchResource,
  StatusError,
  unsupportedMediaType,
} from "../status-error.ts";
import { renderTable } from "../table/table.ts";
import { acceptsJson, acceptsPartialMetadata, acceptsTable, parseIncludeObject } from "./accept.ts";
import { parseDeleteOptions, statusOfDeletion } from "./delete-options.ts";
import type { RequestContext } from "./request-context.ts";
import { listObjects, type Page } from "./list-objects.ts";
import { isTrue, parseListQuery, parseWriteOptions, type ListQuery } from "./query.ts";
import { mediaTypeOf, readBody, readDeleteOptions, readObject } from "./request-body.ts";
import type { ResourcePath } from "./request-path.ts";
import { sendJson } from "./respond.ts";
import { scaleOf, withScale } from "./scale.ts";
import { streamWatch, type Rendering } from "./watch-stream.ts";

/** A request for objects of a known kind. */
export interface ResourceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly type: ResourceType;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
}

/** Answers requests for a collection, an object or a subresource. */
export async function handleResource(exchange: ResourceRequest): Promise<void> {
  const { request, path, type } = exchange;
  const accept = request.headers.accept ?? "";
  if (!acceptsJson(accept)) {
    const message = "only the following media types are accepted: application/json";
    throw new StatusError({ code: 406, reason: "NotAcceptable", message });
  }
  if (path.namespace !== undefined && !type.namespaced) throw noSuchResource();
  if (path.name === undefined) return handleCollection(exchange);
  if (type.namespaced && path.namespace === undefined)
    throw badRequest("an object of a namespaced kind needs its namespace in the path");
  if (path.subresource === "scale") return handleScale(exchange, targetOf(exchange, ""));
  if (path.subresource !== undefined && (path.subresource !== "status" || !type.hasStatus))
    throw noSuchResource();
  return handleObject(exchange, targetOf(exchange, path.subresource === "status" ? "status" : ""));
}

function targetOf({ type, path }: ResourceRequest, subresource: "" | "status"): Target {
  return { type, namespace: path.namespace ?? "", name: path.name ?? "", subresource };
}

async function handleCollection(exchange: ResourceRequest): Promise<void> {
  const { request, type, query } = exchange;
  switch (request.method ?? "") {
    case "GET":
    case "HEAD": {
      const parsed = parseListQuery(query);
      return parsed.watch ? watch(exchange, parsed) : sendList(exchange, parsed);
    }
    case "POST":
      return create(exchange);
    case "DELETE":
      return deleteCollection(exchange, parseListQuery(query));
    default:
      throw methodNotAllowed(type);
  }
}

function watch(
  { response, context, type, path, request, query: parameters }: ResourceRequest,
  query: ListQuery,
): void {
  const { registry, signal } = context;
  const render: Rendering = (object) =>
    shownObject(object, { type, request, query: parameters, nowMs: context.now() });
  streamWatch(response, { store: registry.store, type, namespace: path.namespace, query, render, signal });
}

function sendList(exchange: ResourceRequest, query: ListQuery): void {
  const { response, context, type, path, request } = exchange;
  const page = listObjects(context.registry.store, type, { namespace: path.namespace, query });
  const metadata = listMetadata(page, query);
  const accept = request.headers.accept ?? "";
  if (acceptsTable(accept)) {
    const includeObject = parseIncludeObject(exchange.query.get("includeObject"));
    const table = {
      type,
      objects: page.objects,
      listMetadata: metadata,
      includeObject,
      nowMs: context.now(),
    };
    return sendJson(response, 200, renderTable(table));
  }
  if (acceptsPartialMetadata(accept)) {
    const items = page.objects.map(partialMetadata);
    return sendJson(response, 200, {
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata,
      items,
    });
  }
  return sendJson(response, 200, {
    kind: type.listKind,
    apiVersion: apiVersionOf(type),
    metadata,
    items: page.objects,
  });
}

function listMetadata(page: Page, query: ListQuery): JsonObject {
  const hasSelector = query.labelSelector !== "" || query.fieldSelector !== "";
  return {
    resourceVersion: String(page.revision),
    ...(page.continueToken === "" ? {} : { continue: page.continueToken }),
    ...(page.remaining === 0 || hasSelector ? {} : { remainingItemCount: page.remaining }),
  };
}

async function create(exchange: ResourceRequest): Promise<void> {
  const { request, context, type, path } = exchange;
  if (type.namespaced && path.namespace === undefined) throw methodNotAllowed(type);
  const body = await readObject(request);
  const options = writeOptions(exchange);
  const object = context.registry.create(
    { type, namespace: path.namespace ?? "", subresource: "" },
    body,
    options,
  );
  sendObject(exchange, 201, object);
}

/** Warnings are sent to the client in headers, as in RFC 7234 section 5.5. */
function writeOptions({ request, response, query }: ResourceRequest): WriteOptions {
  const warn = (message: string): void => {
    response.appendHeader("Warning", `299 - ${JSON.stringify(message)}`);
  };
  return { ...parseWriteOptions(query, request.headers["user-agent"] ?? ""), warn };
}

async function deleteCollection(exchange: ResourceRequest, query: ListQuery): Promise<void> {
  const { request, response, context, type, path } = exchange;
  const options = parseDeleteOptions(await readDeleteOptions(request), exchange.query);
  const page = listObjects(context.registry.store, type, { namespace: path.namespace, query });
  for (const { metadata } of page.objects) {
    context.registry.delete(
      { type, namespace: metadata.namespace ?? "", name: metadata.name, subresource: "" },
      options,
    );
  }
  sendJson(response, 200, {
    kind: type.listKind,
    apiVersion: apiVersionOf(type),
    metadata: listMetadata(page, query),
    items: page.objects,
  });
}

async function handleObject(exchange: ResourceRequest, target: Target): Promise<void> {
  const { request, response, context, type, query } = exchange;
  const { registry } = context;
  const options = writeOptions(exchange);
  switch (request.method ?? "") {
    case "GET":
    case "HEAD":
      return sendObject(exchange, 200, registry.get(target));
    case "PUT":
      return sendObject(exchange, 200, registry.replace(target, await readObject(request), options));
    case "PATCH":
      return patch(exchange, target);
    case "DELETE": {
      if (target.subresource !== "") throw methodNotAllowed(type);
      const deletion = registry.delete(target, parseDeleteOptions(await readDeleteOptions(request), query));
      return sendJson(response, 200, statusOfDeletion(target, deletion));
    }
    default:
      throw methodNotAllowed(type);
  }
}

async function patch(exchange: ResourceRequest, target: Target): Promise<void> {
  const { request, context, query } = exchange;
  const mediaType = mediaTypeOf(request);
  const body = (await readBody(request)) ?? {};
  const options = writeOptions(exchange);
  if (mediaType !== "application/apply-patch+yaml") {
    return sendObject(exchange, 200, context.registry.patch(target, { mediaType, body }, options));
  }
  if (query.get("fieldManager") === null)
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  const { object, created } = context.registry.apply(target, body, {
    ...options,
    force: isTrue(query.get("force")),
  });
  return sendObject(exchange, created ? 201 : 200, object);
}

async function handleScale(exchange: ResourceRequest, target: Target): Promise<void> {
  const { request, response, context, type } = exchange;
  const { registry } = context;
  const paths = type.scale;
  if (paths === undefined) throw noSuchResource();
  if (request.method === "GET") return sendJson(response, 200, scaleOf(registry.get(target), paths));
  if (request.method !== "PUT" && request.method !== "PATCH") throw methodNotAllowed(type);
  const isPatch = request.method === "PATCH";
  if (isPatch && mediaTypeOf(request) !== "application/merge-patch+json")
    throw unsupportedMediaType(["application/merge-patch+json"]);
  const body = (await readBody(request)) ?? {};
  const options = writeOptions(exchange);
  const changed = withScale(registry.get(target), paths, { body, isPatch });
  return sendJson(response, 200, scaleOf(registry.replace(target, changed, options), paths));
}

function sendObject(exchange: ResourceRequest, code: number, object: KubeObject): void {
  const { response, type, request, query, context } = exchange;
  sendJson(response, code, shownObject(object, { type, request, query, nowMs: context.now() }));
}

/** The object in the requested form: itself, its metadata, or a one-row Table. */
function shownObject(
  object: KubeObject,
  view: Pick<ResourceRequest, "type" | "request" | "query"> & { readonly nowMs: number },
): JsonObject {
  const accept = view.request.headers.accept ?? "";
  if (acceptsTable(accept)) {
    return renderTable({
      type: view.type,
      objects: [object],
      listMetadata: { resourceVersion: object.metadata.resourceVersion ?? "" },
      includeObject: parseIncludeObject(view.query.get("includeObject")),
      nowMs: view.nowMs,
    });
  }
  return acceptsPartialMetadata(accept) ? partialMetadata(object) : object;
}

function partialMetadata(object: KubeObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}
