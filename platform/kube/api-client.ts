import type { ObjectMeta } from "../../crds/api.ts";
import type { Resource } from "./resources.ts";

/** The fields that every API object has. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectRef {
  readonly resource: Resource;
  readonly name: string;
  /** Required for namespaced resources, absent for cluster-scoped ones. */
  readonly namespace?: string;
}

export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/**
 * Reads and writes API objects. The only implementation over the network is `createApiClient` in `client-node.ts`. Every
 * method rejects with {@link ApiError} (see `api-error.ts`) if the API server rejects the request, and with another Error if it
 * is unreachable.
 */
export interface ApiClient {
  /** `undefined` if the object does not exist. */
  get<T extends ApiObject>(ref: ObjectRef, options?: RequestOptions): Promise<T | undefined>;
  /** All pages of a list, in one namespace or in all namespaces. */
  list<T extends ApiObject>(
    resource: Resource,
    options?: RequestOptions & Selectors & { readonly namespace?: string },
  ): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  create<T extends ApiObject>(resource: Resource, object: T, options?: RequestOptions): Promise<T>;
  /** Replaces the object; an outdated `metadata.resourceVersion` is a conflict (409). */
  update<T extends ApiObject>(resource: Resource, object: T, options?: RequestOptions): Promise<T>;
  /** JSON merge patch (RFC 7386) of the object or of its status subresource. */
  mergePatch<T extends ApiObject>(
    ref: ObjectRef,
    patch: object,
    options?: RequestOptions & { readonly subresource?: "status" },
  ): Promise<T>;
  /** Forced server-side apply with our field manager, which becomes the owner of the fields in `object`. */
  apply<T extends ApiObject>(
    resource: Resource,
    object: ApiObject,
    options: RequestOptions & { readonly fieldManager: string; readonly subresource?: "status" },
  ): Promise<T>;
  /** Resolves to false if the object did not exist. */
  delete(ref: ObjectRef, options?: RequestOptions & { readonly uid?: string }): Promise<boolean>;
  /**
   * One watch request. Calls `onEvent` for each event in order and resolves when the server closes the stream. Rejects if the
   * stream breaks, sends nothing for longer than `idleTimeoutMs` or is aborted. If `onEvent` throws, the watch ends and rejects
   * with that error.
   */
  watch(
    resource: Resource,
    options: Selectors & {
      readonly namespace?: string;
      readonly resourceVersion?: string;
      readonly sendInitialEvents?: boolean;
      readonly timeoutSeconds: number;
      readonly idleTimeoutMs: number;
      readonly signal: AbortSignal;
      /** The server has accepted the watch; the first event may arrive minutes later. */
      readonly onOpen?: () => void;
      readonly onEvent: (event: WatchEvent) => void;
    },
  ): Promise<void>;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  /** Plain JSON as sent by the server; a Status for ERROR. */
  readonly object: ApiObject & Readonly<Record<string, unknown>>;
}
