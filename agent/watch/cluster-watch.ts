import type { Clock } from "../../platform/async/clock.ts";
import type { ApiClient, Selectors } from "../../platform/kube/api-client.ts";
import { type ReflectorOptions, runReflector } from "../../platform/kube/reflector.ts";
import { type Resource, resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import type { CatalogObjects } from "../services/catalog/catalog-objects.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { KeptEndpointSlice } from "../services/catalog/kept-endpoint-slice.ts";
import type { KeptService } from "../services/catalog/kept-service.ts";
import type { ServiceCatalog } from "../services/catalog/service-catalog.ts";
import { parseServiceName } from "../services/service-port-name.ts";
import { awaitServed } from "./await-served.ts";
import { SeededSink } from "./seeded-sink.ts";
import { trimEndpointSlice } from "./trim-endpoint-slice.ts";
import { type KeptNamespace, trimNamespace } from "./trim-namespace.ts";
import { type KeptServiceCIDR, trimServiceCIDR } from "./trim-service-cidr.ts";
import { trimService } from "./trim-service.ts";

/** Another proxy serves Services with this label. Labels of EndpointSlices do not matter for this. */
const notOfAnotherProxy = "!service.kubernetes.io/service-proxy-name";
/** EndpointSlices of headless Services are not needed: no address is proxied to them. */
const notHeadless = "!service.kubernetes.io/headless";

export type WatchedKind = "Services" | "EndpointSlices" | "ServiceCIDRs" | "Namespaces";

export interface ClusterWatchDeps {
  readonly client: ApiClient;
  readonly catalog: ServiceCatalog;
  /** The catalog has received a change of the kind. */
  readonly onChange: (kind: WatchedKind) => void;
  /** The first list of the kind is complete. */
  readonly onListed: (kind: WatchedKind) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Feeds the catalog with the objects of the cluster, and knows which kinds are not completely listed yet. */
export class ClusterWatch {
  readonly #deps: ClusterWatchDeps;
  readonly #sinks;
  readonly #unlisted = new Set<WatchedKind>();
  #followsNamespaces = false;

  constructor(deps: ClusterWatchDeps) {
    this.#deps = deps;
    this.#sinks = createSinks(deps.catalog);
  }

  /** Kinds whose first list is not complete: the catalog knows only a part of them. */
  waitingFor(): readonly WatchedKind[] {
    return [...this.#unlisted];
  }

  /** Watches the kinds that every configuration needs, until the signal aborts. */
  start(): void {
    this.#follow("Services", resources.services, this.#sinks.Services, {
      labelSelector: notOfAnotherProxy,
      trim: trimService,
    });
    this.#follow("EndpointSlices", resources.endpointSlices, this.#sinks.EndpointSlices, {
      labelSelector: notHeadless,
      trim: trimEndpointSlice,
    });
    void this.#followServiceCIDRs();
  }

  /** Only rules that select by namespace labels need Namespaces. Once started, the watch never stops. */
  needNamespaces(): void {
    if (this.#followsNamespaces) return;
    this.#followsNamespaces = true;
    this.#follow("Namespaces", resources.namespaces, this.#sinks.Namespaces, { trim: trimNamespace });
  }

  /**
   * Adds objects of an earlier run to the catalog, unless the API server has already sent them or the list of their kind is
   * complete. Each is removed when the complete list of its kind does not contain it.
   */
  restore(objects: CatalogObjects): void {
    const { Services, EndpointSlices, Namespaces, ServiceCIDRs } = this.#sinks;
    Services.restore(objects.services);
    EndpointSlices.restore(objects.endpointSlices);
    Namespaces.restore([...objects.namespaces].map(([name, labels]) => [name, { name, labels }]));
    ServiceCIDRs.restore([...objects.serviceCIDRs].map(([name, cidrs]) => [name, { name, cidrs }]));
  }

  /** API servers before 1.33 may not have ServiceCIDRs: without them no address counts as unallocated. */
  async #followServiceCIDRs(): Promise<void> {
    const { signal } = this.#deps;
    this.#unlisted.add("ServiceCIDRs");
    await awaitServed({
      ...this.#deps,
      resource: resources.serviceCIDRs,
      onAbsent: () => this.#listed("ServiceCIDRs"),
    });
    if (signal.aborted) return;
    this.#follow("ServiceCIDRs", resources.serviceCIDRs, this.#sinks.ServiceCIDRs, {
      trim: trimServiceCIDR,
    });
  }

  #follow<Kept>(
    kind: WatchedKind,
    resource: Resource,
    sink: SeededSink<Kept>,
    options: Selectors & Pick<ReflectorOptions<Kept>, "trim">,
  ): void {
    const { onChange, client, clock, log, signal } = this.#deps;
    this.#unlisted.add(kind);
    void runReflector({
      ...options,
      client,
      clock,
      log,
      signal,
      resource,
      handler: {
        onUpsert(key, kept) {
          sink.upsert(key, kept);
          onChange(kind);
        },
        onDelete(key) {
          sink.delete(key);
          onChange(kind);
        },
        onSynced: () => this.#listed(kind),
      },
    });
  }

  #listed(kind: WatchedKind): void {
    this.#sinks[kind].completeList();
    this.#unlisted.delete(kind);
    this.#deps.onListed(kind);
  }
}

function createSinks(catalog: ServiceCatalog) {
  return {
    Services: new SeededSink<KeptService>({
      upsert: (_, service) => catalog.upsertService(service),
      delete: (key) => catalog.deleteService(parseKey(key)),
    }),
    EndpointSlices: new SeededSink<KeptEndpointSlice>({
      upsert: (key, slice) => catalog.upsertEndpointSlice(key, slice),
      delete: (key) => catalog.deleteEndpointSlice(key),
    }),
    Namespaces: new SeededSink<KeptNamespace>({
      upsert: (name, { labels }) => catalog.upsertNamespace(name, labels),
      delete: (name) => catalog.deleteNamespace(name),
    }),
    ServiceCIDRs: new SeededSink<KeptServiceCIDR>({
      upsert: (name, { cidrs }) => catalog.upsertServiceCIDR(name, cidrs),
      delete: (name) => catalog.deleteServiceCIDR(name),
    }),
  } satisfies Record<WatchedKind, unknown>;
}

function parseKey(key: string): ServiceName {
  const [namespace, name] = key.split("/");
  return parseServiceName(namespace, name);
}
