import type { ApiClient, ApiObject, ObjectRef, Selectors } from "./api-client.ts";
import type { HttpRequest } from "./http-transport.ts";
import type { PageQuery } from "./read-pages.ts";
import { resourcePath } from "./resource-path.ts";
import type { Resource } from "./resources.ts";

/** A request of the Kubernetes API, without how long it may take. */
export type ApiRequest = Pick<HttpRequest, "method" | "path" | "query" | "contentType" | "body">;

type Subresource = "status" | undefined;
type Scope = Selectors & { readonly namespace?: string };
type WatchOptions = Parameters<ApiClient["watch"]>[1];

export function getRequest({ resource, ...target }: ObjectRef): ApiRequest {
  return { method: "GET", path: resourcePath(resource, target) };
}

/** One page of a list. */
export function listRequest(
  resource: Resource,
  { namespace, ...selectors }: Scope,
  page: PageQuery,
): ApiRequest {
  return { method: "GET", path: resourcePath(resource, { namespace }), query: { ...selectors, ...page } };
}

export function createRequest(resource: Resource, object: ApiObject): ApiRequest {
  const { namespace } = object.metadata;
  return { method: "POST", path: resourcePath(resource, { namespace }), body: JSON.stringify(object) };
}

export function updateRequest(resource: Resource, object: ApiObject): ApiRequest {
  return { method: "PUT", path: objectPath(resource, object), body: JSON.stringify(object) };
}

/** JSON merge patch (RFC 7386). */
export function mergePatchRequest(
  { resource, ...target }: ObjectRef,
  patch: object,
  subresource: Subresource,
): ApiRequest {
  return {
    method: "PATCH",
    path: resourcePath(resource, { ...target, subresource }),
    contentType: "application/merge-patch+json",
    body: JSON.stringify(patch),
  };
}

/** Server-side apply, forced. */
export function applyRequest(
  resource: Resource,
  object: ApiObject,
  { fieldManager, subresource }: { readonly fieldManager: string; readonly subresource?: Subresource },
): ApiRequest {
  return {
    method: "PATCH",
    path: objectPath(resource, object, subresource),
    query: { fieldManager, force: true },
    contentType: "application/apply-patch+yaml", // JSON is YAML
    body: JSON.stringify(object),
  };
}

/** Deletes the object, with a `uid` only where it is still the same one. */
export function deleteRequest({ resource, ...target }: ObjectRef, uid: string | undefined): ApiRequest {
  const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
  return {
    method: "DELETE",
    path: resourcePath(resource, target),
    ...(uid === undefined ? {} : { body: JSON.stringify(options) }),
  };
}

/** The events of a watch come as lines of JSON. */
export function watchRequest(resource: Resource, options: WatchOptions): ApiRequest {
  const { namespace, labelSelector, fieldSelector, resourceVersion, sendInitialEvents, timeoutSeconds } =
    options;
  return {
    method: "GET",
    path: resourcePath(resource, { namespace }),
    query: {
      watch: true,
      allowWatchBookmarks: true,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds,
      sendInitialEvents,
      resourceVersionMatch: sendInitialEvents === true ? "NotOlderThan" : undefined,
    },
  };
}

function objectPath(resource: Resource, { metadata }: ApiObject, subresource?: Subresource): string {
  const { name, namespace } = metadata;
  return resourcePath(resource, { name, namespace, subresource });
}
