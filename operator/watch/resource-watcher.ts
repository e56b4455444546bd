import dotI, { ResourceEventType, type ResourceEvent, type ResourceMeta } from "@dot-i/k8s-operator";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../../platform/async/clock.ts";
import { TerminalError } from "../../platform/errors.ts";
import type { ApiClient, ApiObject } from "../../platform/kube/api-client.ts";
import { runReflector, type Contact, type Progress } from "../../platform/kube/reflector.ts";
import { groupVersionOf, resources, type Resource } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";

export interface ResourceWatcherOptions {
  readonly kubeConfig: KubeConfig;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
}

type OnEvent = (event: ResourceEvent) => Promise<void>;

/**
 * `@dot-i/k8s-operator`'s Operator with its life cycle and events, over watches that survive the API server: 1.3.9 ends
 * the process when a watch breaks or stays quiet, misses what is deleted between two watches, and cannot be stopped
 * without an error. Subclasses name their watches in `init`, as usual.
 */
export abstract class ResourceWatcher extends dotI.default {
  readonly #options: ResourceWatcherOptions;
  readonly #stopping = new AbortController();
  readonly #watches: Promise<void>[] = [];

  constructor(options: ResourceWatcherOptions) {
    const { log } = options;
    super({
      debug: (message) => log.debug({}, message),
      info: (message) => log.info({}, message),
      warn: (message) => log.warn({}, message),
      error: (message) => log.error({}, message),
    });
    this.kubeConfig = options.kubeConfig;
    this.#options = options;
  }

  /** Ends all watches; safe at any time and more than once. */
  override stop(): void {
    this.#stopping.abort();
  }

  /** Calls `stop` when `signal` aborts, or at once if it already has. */
  stopOn(signal: AbortSignal): void {
    if (signal.aborted) this.stop();
    else signal.addEventListener("abort", () => this.stop(), { once: true });
  }

  /** Resolves when no further event will come, after `stop`. */
  async stopped(): Promise<void> {
    await Promise.all(this.#watches);
  }

  /**
   * Follows a resource until `stop`. Resolves when `onEvent` has received all existing objects, or on `stop`.
   * A Deleted event carries only the identity of its object.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: OnEvent,
    namespace?: string,
    labelSelector?: string,
  ): Promise<void> {
    const resource = findResource({ group, version, plural });
    // Private in the base class, whose methods for status and finalizers look addresses up there.
    this["resourcePathBuilders"][`${plural}.${groupVersionOf(resource)}`] = (meta: ResourceMeta) =>
      this.getCustomResourceApiUri(group, version, plural, meta.namespace);
    const seen = new Set<string>();
    const { client, clock, log } = this.#options;
    const { signal } = this.#stopping;
    const emit = (type: ResourceEventType, object: ApiObject) => {
      onEvent(resourceEvent(resource, type, object)).catch((error: unknown) => {
        log.error({ error, resource: plural, object: object.metadata.name }, "handling an event failed");
      });
    };
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      const watch = runReflector<ApiObject>({
        client,
        resource,
        ...(namespace !== undefined && { namespace }),
        ...(labelSelector !== undefined && { labelSelector }),
        trim: (object) => object,
        handler: {
          onUpsert(key, object) {
            emit(seen.has(key) ? ResourceEventType.Modified : ResourceEventType.Added, object);
            seen.add(key);
          },
          onDelete(key) {
            seen.delete(key);
            emit(ResourceEventType.Deleted, { metadata: identityOf(key) });
          },
          onSynced: resolve,
        },
        onContact: (contact) => this.onContact(plural, contact),
        onProgress: (progress) => this.onProgress(plural, progress),
        clock,
        log,
        signal,
      });
      this.#watches.push(watch);
    });
  }

  /** Called on each message of the API server on the watch of a resource, before its events are emitted. */
  protected onContact(_plural: string, _contact: Contact): void {}

  /** Called when all events of a resource up to a list or change have been emitted. */
  protected onProgress(_plural: string, _progress: Progress): void {}

  /** client-node 2 has no `basePath`, which the base class builds its addresses on. */
  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const server = this.kubeConfig.getCurrentCluster()?.server ?? "";
    const base = group === "" ? `${server}/api/${version}` : `${server}/apis/${group}/${version}`;
    return namespace === undefined ? `${base}/${plural}` : `${base}/namespaces/${namespace}/${plural}`;
  }

  /** @throws {TerminalError} always: an administrator installs and updates the definitions */
  protected override registerCustomResourceDefinition(crdFile: string): Promise<never> {
    return Promise.reject(
      new TerminalError(`the operator does not install ${crdFile}`, {
        hint: "Install the definitions with kubectl apply --server-side -f crds/.",
      }),
    );
  }
}

/** @throws {TerminalError} for an unknown resource */
function findResource(wanted: Pick<Resource, "group" | "version" | "plural">): Resource {
  const known = Object.values(resources).find(
    ({ group, version, plural }) =>
      group === wanted.group && version === wanted.version && plural === wanted.plural,
  );
  if (known !== undefined) return known;
  throw new TerminalError(`cannot watch ${wanted.plural} of ${wanted.group}/${wanted.version}`, {
    hint: "Add the resource to platform/kube/resources.ts.",
  });
}

function resourceEvent(resource: Resource, type: ResourceEventType, object: ApiObject): ResourceEvent {
  const apiVersion = groupVersionOf(resource);
  const { name, namespace, resourceVersion = "" } = object.metadata;
  const asSent: object = object; // client-node types the times in metadata as Date
  const meta: ResourceMeta = {
    id: `${resource.plural}.${apiVersion}`,
    name,
    ...(namespace !== undefined && { namespace }),
    resourceVersion,
    apiVersion,
    kind: resource.kind,
  };
  return { meta, type, object: asSent };
}

/** Reverses the reflector's keys. */
function identityOf(key: string): ApiObject["metadata"] {
  const [name = key, namespace] = key.split("/").toReversed();
  return namespace === undefined ? { name } : { name, namespace };
}
