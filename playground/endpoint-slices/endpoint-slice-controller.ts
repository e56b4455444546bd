import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient, ApiObject, Selectors } from "../../platform/kube/api-client.ts";
import { keyOf, runReflector } from "../../platform/kube/reflector.ts";
import { resources, type Resource } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import { createWorkQueue, type Result } from "../../platform/async/work-queue.ts";
import {
  buildEndpointSlices,
  managedBy,
  managedByLabel,
  triggerTimeAnnotation,
} from "./build-endpoint-slices.ts";
import type { EndpointSliceObject, NodeObject, PodObject, ServiceObject } from "./kube-objects.ts";

export interface EndpointSliceControllerOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Maintains the EndpointSlices of every Service with a selector, as kube-controller-manager does in a real cluster.
 * Resolves when `signal` aborts; the slices stay.
 */
export async function runEndpointSliceController(options: EndpointSliceControllerOptions): Promise<void> {
  await new EndpointSliceController(options).run();
}

class EndpointSliceController {
  readonly #options: EndpointSliceControllerOptions;
  readonly #queue;
  readonly #services = new Map<string, ServiceObject>();
  readonly #pods = new Map<string, PodObject>();
  readonly #nodes = new Map<string, NodeObject>();
  /** Only slices that this controller manages. */
  readonly #slices = new Map<string, EndpointSliceObject>();

  constructor(options: EndpointSliceControllerOptions) {
    this.#options = options;
    this.#queue = createWorkQueue({ clock: options.clock, baseDelayMs: 50, maxDelayMs: 5_000 });
  }

  async run(): Promise<void> {
    const { log, signal } = this.#options;
    const ours = { labelSelector: `${managedByLabel}=${managedBy}` };
    const followed = [
      this.#follow(resources.services, this.#services, (key) => this.#queue.add(key)),
      this.#follow(resources.pods, this.#pods, (_key, pod) => this.#addServicesIn(pod.metadata.namespace)),
      this.#follow(resources.nodes, this.#nodes, () => this.#addAllServices()),
      this.#follow(resources.endpointSlices, this.#slices, (_key, slice) => this.#addOwner(slice), ours),
    ];
    // Until all objects are known, a Service could appear to have lost its pods.
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await Promise.race([aborted, Promise.all(followed.map(({ synced }) => synced))]);
    const reconcile = (key: string): Promise<Result> => this.#reconcile(key);
    await this.#queue.run(reconcile, { concurrency: 4, log, signal });
    await Promise.all(followed.map(({ ended }) => ended));
  }

  async #reconcile(key: string): Promise<Result> {
    const service = this.#services.get(key);
    const desired =
      service === undefined
        ? []
        : buildEndpointSlices(service, [...this.#pods.values()], [...this.#nodes.values()]);
    const existing = new Map([...this.#slices].filter(([, slice]) => ownerKeyOf(slice) === key));
    for (const slice of desired) {
      const current = existing.get(keyOf(slice));
      existing.delete(keyOf(slice));
      if (current === undefined || !isSame(current, slice)) await this.#write(slice, current);
    }
    for (const stale of existing.values()) await this.#delete(stale);
    return { kind: "done" };
  }

  async #write(slice: EndpointSliceObject, current: EndpointSliceObject | undefined): Promise<void> {
    const { client, clock, log } = this.#options;
    const annotations = { [triggerTimeAnnotation]: new Date(clock.now()).toISOString() };
    const resourceVersion = current?.metadata.resourceVersion;
    const metadata = {
      ...slice.metadata,
      annotations,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const write = current === undefined ? client.create.bind(client) : client.update.bind(client);
    const written = parse<EndpointSliceObject>(await write(resources.endpointSlices, { ...slice, metadata }));
    this.#slices.set(keyOf(written), written); // the watch delivers it later
    log.debug({ slice: keyOf(slice), endpoints: slice.endpoints.length }, "wrote an EndpointSlice");
  }

  async #delete(slice: EndpointSliceObject): Promise<void> {
    const { name, namespace, uid } = slice.metadata;
    await this.#options.client.delete(
      { resource: resources.endpointSlices, name, ...(namespace === undefined ? {} : { namespace }) },
      uid === undefined ? {} : { uid },
    );
    this.#slices.delete(keyOf(slice));
  }

  #follow<T extends ApiObject>(
    resource: Resource,
    cache: Map<string, T>,
    changed: (key: string, object: T) => void,
    selectors: Selectors = {},
  ): { readonly synced: Promise<void>; readonly ended: Promise<void> } {
    const synced = Promise.withResolvers<void>();
    const ended = runReflector<T>({
      ...this.#options,
      ...selectors,
      resource,
      trim: parse,
      handler: {
        onUpsert(key, object) {
          cache.set(key, object);
          changed(key, object);
        },
        onDelete(key) {
          const gone = cache.get(key);
          cache.delete(key);
          if (gone !== undefined) changed(key, gone);
        },
        onSynced: synced.resolve,
      },
    });
    return { synced: synced.promise, ended };
  }

  #addServicesIn(namespace: string | undefined): void {
    for (const [key, { metadata }] of this.#services)
      if (metadata.namespace === namespace) this.#queue.add(key);
  }

  #addAllServices(): void {
    for (const key of this.#services.keys()) this.#queue.add(key);
  }

  #addOwner(slice: EndpointSliceObject): void {
    this.#queue.add(ownerKeyOf(slice));
  }
}

function ownerKeyOf({ metadata }: EndpointSliceObject): string {
  return `${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"]}`;
}

/** Whether the API server already has the object that we would write. It may answer with null for an empty list. */
function isSame(current: EndpointSliceObject, desired: EndpointSliceObject): boolean {
  return (
    isDeepStrictEqual(current.endpoints ?? [], desired.endpoints) &&
    isDeepStrictEqual(current.ports ?? [], desired.ports) &&
    isDeepStrictEqual(current.metadata.labels, desired.metadata.labels) &&
    isDeepStrictEqual(current.metadata.ownerReferences, desired.metadata.ownerReferences)
  );
}

/** The API server has validated the object against its kind. */
function parse<T extends ApiObject>(object: ApiObject): T {
  return object as T;
}
