import type { KubeConfig } from "@kubernetes/client-node";
import type { ApiClient, WatchEvent } from "./api-client.ts";
import { isNotFound } from "./api-error.ts";
import {
  applyRequest,
  createRequest,
  deleteRequest,
  getRequest,
  listRequest,
  mergePatchRequest,
  updateRequest,
  watchRequest,
  type ApiRequest,
} from "./api-requests.ts";
import { HttpTransport } from "./http-transport.ts";
import { JsonLines } from "./json-lines.ts";
import { readPages } from "./read-pages.ts";

/** Longest silence of the API server in an ordinary request. It gives up by itself after 60 s, after 34 s for writes. */
const requestTimeoutMs = 60_000;

interface Limits {
  readonly signal?: AbortSignal | undefined;
}

/** The ApiClient over the network, for the cluster and user of a KubeConfig. */
export function createApiClient(kubeConfig: KubeConfig, options: { readonly userAgent: string }): ApiClient {
  const transport = new HttpTransport(kubeConfig, options);
  const send = (request: ApiRequest, { signal }: Limits): Promise<string> =>
    transport.send({ ...request, idleTimeoutMs: requestTimeoutMs, signal });
  const read = async <T>(request: ApiRequest, limits: Limits): Promise<T> =>
    parseJson(await send(request, limits));

  return {
    get: async (ref, limits = {}) => absentIfNotFound(read(getRequest(ref), limits), undefined),
    list: async (resource, { signal, ...scope } = {}) =>
      readPages((page) => read(listRequest(resource, scope, page), { signal })),
    create: async (resource, object, limits = {}) => read(createRequest(resource, object), limits),
    update: async (resource, object, limits = {}) => read(updateRequest(resource, object), limits),
    mergePatch: async (ref, patch, { subresource, ...limits } = {}) =>
      read(mergePatchRequest(ref, patch, subresource), limits),
    apply: async (resource, object, settings) => read(applyRequest(resource, object, settings), settings),
    delete: async (ref, { uid, ...limits } = {}) =>
      absentIfNotFound(
        send(deleteRequest(ref, uid), limits).then(() => true),
        false,
      ),
    async watch(resource, settings) {
      const { onEvent, onOpen, signal, idleTimeoutMs } = settings;
      const lines = new JsonLines((value) => onEvent(value as WatchEvent));
      await transport.stream(
        { ...watchRequest(resource, settings), idleTimeoutMs, signal },
        { onOpen, onChunk: (chunk) => lines.push(chunk) },
      );
    },
  };
}

/** What a request is answered with, or `absent` when the object does not exist. */
async function absentIfNotFound<T, Absent>(answer: Promise<T>, absent: Absent): Promise<T | Absent> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return absent;
    throw error;
  }
}

function parseJson<T>(body: string): T {
  return JSON.parse(body) as T;
}
