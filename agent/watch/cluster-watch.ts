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
import { ObjectInflow } from "./object-inflow.ts";
import { trimEndpointSlice } from "./trim-endpoint-slice.ts";
import { type KeptNamespace, trimNamespace } from "./trim-namespace.ts";
import { type KeptServiceCIDR, trimServiceCIDR } from "./trim-service-cidr.ts";
import { trimService } from "./trim-service.ts";

/** Another proxy has taken such Services over. Labels of slices do not decide this. */
const notOfAnotherProxy = "!service.kubernetes.io/service-proxy-name";
/** EndpointSlices of headless Services have no address to be proxied. */
const notHeadless = "!service.kubernetes.io/headless";

export type WatchedKind = "Services" | "EndpointSlices" | "ServiceCIDRs" | "Namespaces";

export interface ClusterWatchDeps {
  readonly client: ApiClient;
  readonly catalog: ServiceCatalog;
  /** The catalog was told about an object of the kind. */
  readonly onChange: (kind: WatchedKind) => void;
  /** The first list of the kind is complete. */
  readonly onListed: (kind: WatchedKind) => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Feeds the catalog with the objects of the cluster, and knows which kinds have not been listed yet. */
export class ClusterWatch {
  readonly #deps: ClusterWatchDeps;
  readonly #inflows;
  readonly #unlisted = new Set<WatchedKind>();
  #followsNamespaces = false;

  constructor(deps: ClusterWatchDeps) {
    this.#deps = deps;
    this.#inflows = createInflows(deps.catalog);
  }

  /** Kinds whose first list is not complete: the catalog knows only a part of them. */
  waitingFor(): readonly WatchedKind[] {
    return [...this.#unlisted];
  }

  /** Follows what every configuration needs, until the signal aborts. */
  start(): void {
    this.#follow("Services", resources.services, this.#inflows.Services, {
      labelSelector: notOfAnotherProxy,
      trim: trimService,
    });
    this.#follow("EndpointSlices", resources.endpointSlices, this.#inflows.EndpointSlices, {
      labelSelector: notHeadless,
      trim: trimEndpointSlice,
    });
    void this.#followServiceCIDRs();
  }

  /** Namespaces are needed only for rules that select by their labels. Once started they are followed to the end. */
  needNamespaces(): void {
    if (this.#followsNamespaces) return;
    this.#followsNamespaces = true;
    this.#follow("Namespaces", resources.namespaces, this.#inflows.Namespaces, { trim: trimNamespace });
  }

  /**
   * Tells the catalog about objects of an earlier run, as far as the first lists are not complete and the API server has not
   * told about them itself. Each is forgotten when the list of its kind turns out not to have it.
   */
  restore(objects: CatalogObjects): void {
    const { Services, EndpointSlices, Namespaces, ServiceCIDRs } = this.#inflows;
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
    this.#follow("ServiceCIDRs", resources.serviceCIDRs, this.#inflows.ServiceCIDRs, {
      trim: trimServiceCIDR,
    });
  }

  #follow<Kept>(
    kind: WatchedKind,
    resource: Resource,
    inflow: ObjectInflow<Kept>,
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
          inflow.upsert(key, kept);
          onChange(kind);
        },
        onDelete(key) {
          inflow.delete(key);
          onChange(kind);
        },
        onSynced: () => this.#listed(kind),
      },
    });
  }

  #listed(kind: WatchedKind): void {
    this.#inflows[kind].completeList();
    this.#unlisted.delete(kind);
    this.#deps.onListed(kind);
  }
}

function createInflows(catalog: ServiceCatalog) {
  return {
    Services: new ObjectInflow<KeptService>({
      upsert: (_, service) => catalog.upsertService(service),
      delete: (key) => catalog.deleteService(parseKey(key)),
    }),
    EndpointSlices: new ObjectInflow<KeptEndpointSlice>({
      upsert: (key, slice) => catalog.upsertEndpointSlice(key, slice),
      delete: (key) => catalog.deleteEndpointSlice(key),
    }),
    Namespaces: new ObjectInflow<KeptNamespace>({
      upsert: (name, { labels }) => catalog.upsertNamespace(name, labels),
      delete: (name) => catalog.deleteNamespace(name),
    }),
    ServiceCIDRs: new ObjectInflow<KeptServiceCIDR>({
      upsert: (name, { cidrs }) => catalog.upsertServiceCIDR(name, cidrs),
      delete: (name) => catalog.deleteServiceCIDR(name),
    }),
  } satisfies Record<WatchedKind, unknown>;
}

function parseKey(key: string): ServiceName {
  const [namespace, name] = key.split("/");
  return parseServiceName(namespace, name);
}
