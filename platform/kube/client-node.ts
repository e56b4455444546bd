import type { KubeConfig } from "@kubernetes/client-node";
import type { ApiClient, ApiObject, WatchEvent } from "./api-client.ts";
import { isExpired, isNotFound } from "./api-error.ts";
import { HttpTransport } from "./http-transport.ts";
import { JsonLines } from "./json-lines.ts";
import { resourcePath } from "./resource-path.ts";

const pageSize = 500;

/** Longest silence of the API server in an ordinary request. It gives up by itself after 60 s, after 34 s for writes. */
const requestTimeoutMs = 60_000;

/** The ApiClient over the network, for the cluster and user of a KubeConfig. */
export function createApiClient(kubeConfig: KubeConfig, options: { readonly userAgent: string }): ApiClient {
  const transport = new HttpTransport(kubeConfig, options);
  const idleTimeoutMs = requestTimeoutMs;

  return {
    async get({ resource, ...target }, { signal } = {}) {
      try {
        return parseJson(
          await transport.send({
            method: "GET",
            path: resourcePath(resource, target),
            idleTimeoutMs,
            signal,
          }),
        );
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },

    async list<T extends ApiObject>(
      resource: Parameters<ApiClient["list"]>[0],
      { namespace, labelSelector, fieldSelector, signal }: Parameters<ApiClient["list"]>[1] = {},
    ) {
      const path = resourcePath(resource, { namespace });
      const items: T[] = [];
      let query: { limit?: number; continue?: string } = { limit: pageSize };
      for (;;) {
        try {
          const page: ListPage<T> = parseJson(
            await transport.send({
              method: "GET",
              path,
              query: { labelSelector, fieldSelector, ...query },
              idleTimeoutMs,
              signal,
            }),
          );
          items.push(...page.items);
          if (!page.metadata.continue) return { items, resourceVersion: page.metadata.resourceVersion };
          query = { limit: pageSize, continue: page.metadata.continue };
        } catch (error) {
          if (query.continue === undefined || !isExpired(error)) throw error;
          // etcd compacted the snapshot between two pages: take all in one
          items.length = 0;
          query = {};
        }
      }
    },

    async create(resource, object, { signal } = {}) {
      return parseJson(
        await transport.send({
          method: "POST",
          path: resourcePath(resource, { namespace: object.metadata.namespace }),
          body: JSON.stringify(object),
          idleTimeoutMs,
          signal,
        }),
      );
    },

    async update(resource, object, { signal } = {}) {
      return parseJson(
        await transport.send({
          method: "PUT",
          path: resourcePath(resource, targetOf(object)),
          body: JSON.stringify(object),
          idleTimeoutMs,
          signal,
        }),
      );
    },

    async mergePatch({ resource, ...target }, patch, { subresource, signal } = {}) {
      return parseJson(
        await transport.send({
          method: "PATCH",
          path: resourcePath(resource, { ...target, ...(subresource === undefined ? {} : { subresource }) }),
          contentType: "application/merge-patch+json",
          body: JSON.stringify(patch),
          idleTimeoutMs,
          signal,
        }),
      );
    },

    async apply(resource, object, { fieldManager, subresource, signal }) {
      return parseJson(
        await transport.send({
          method: "PATCH",
          path: resourcePath(resource, {
            ...targetOf(object),
            ...(subresource === undefined ? {} : { subresource }),
          }),
          query: { fieldManager, force: true },
          contentType: "application/apply-patch+yaml", // JSON is YAML
          body: JSON.stringify(object),
          idleTimeoutMs,
          signal,
        }),
      );
    },

    async delete({ resource, ...target }, { uid, signal } = {}) {
      try {
        await transport.send({
          method: "DELETE",
          path: resourcePath(resource, target),
          ...(uid === undefined ? {} : { body: JSON.stringify(deleteOptions(uid)) }),
          idleTimeoutMs,
          signal,
        });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },

    async watch(resource, { namespace, onEvent, onOpen, signal, idleTimeoutMs, ...parameters }) {
      const lines = new JsonLines((value) => onEvent(value as WatchEvent));
      await transport.stream(
        {
          method: "GET",
          path: resourcePath(resource, { namespace }),
          query: {
            watch: true,
            allowWatchBookmarks: true,
            ...parameters,
            ...(parameters.sendInitialEvents === true ? { resourceVersionMatch: "NotOlderThan" } : {}),
          },
          idleTimeoutMs,
          signal,
        },
        { onOpen, onChunk: (chunk) => lines.push(chunk) },
      );
    },
  };
}

interface ListPage<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

function parseJson<T>(body: string): T {
  return JSON.parse(body) as T;
}

function targetOf({ metadata }: ApiObject): { readonly name: string; readonly namespace?: string } {
  const { name, namespace } = metadata;
  return namespace === undefined ? { name } : { name, namespace };
}

function deleteOptions(uid: string): object {
  return { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
}
