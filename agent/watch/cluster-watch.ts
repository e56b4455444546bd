import type { Clock } from "../../platform/clock.ts";
import type { ApiClient, Selectors } from "../../platform/kube/api-client.ts";
import { type ReflectorOptions, runReflector } from "../../platform/kube/reflector.ts";
import { type Resource, resources } from "../../platform/kube/resources.ts";
import type { Logger } from "../../platform/log.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { ServiceCatalog } from "../services/service-catalog.ts";
import { parseServiceName } from "../services/service-port-name.ts";
import { awaitServed } from "./await-served.ts";
import { trimEndpointSlice } from "./trim-endpoint-slice.ts";
import { trimNamespace } from "./trim-namespace.ts";
import { trimServiceCIDR } from "./trim-service-cidr.ts";
import { trimService } from "./trim-service.ts";

/** Another proxy has taken such Services over: label service.kubernetes.io/service-proxy-name. */
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
  readonly #unlisted = new Set<WatchedKind>();
  #followsNamespaces = false;

  constructor(deps: ClusterWatchDeps) {
    this.#deps = deps;
  }

  /** Kinds whose first list is not complete: the catalog knows only a part of them. */
  waitingFor(): readonly WatchedKind[] {
    return [...this.#unlisted];
  }

  /** Follows what every configuration needs, until the signal aborts. */
  start(): void {
    const { catalog } = this.#deps;
    this.#follow("Services", resources.services, {
      labelSelector: notOfAnotherProxy,
      trim: trimService,
      onUpsert: (_, service) => catalog.upsertService(service),
      onDelete: (key) => catalog.deleteService(parseKey(key)),
    });
    this.#follow("EndpointSlices", resources.endpointSlices, {
      labelSelector: `${notOfAnotherProxy},${notHeadless}`,
      trim: trimEndpointSlice,
      onUpsert: (key, slice) => catalog.upsertEndpointSlice(key, slice),
      onDelete: (key) => catalog.deleteEndpointSlice(key),
    });
    void this.#followServiceCIDRs();
  }

  /** Namespaces are needed only for rules that select by their labels. Once started they are followed to the end. */
  needNamespaces(): void {
    if (this.#followsNamespaces) return;
    this.#followsNamespaces = true;
    const { catalog } = this.#deps;
    this.#follow("Namespaces", resources.namespaces, {
      trim: trimNamespace,
      onUpsert: (name, { labels }) => catalog.upsertNamespace(name, labels),
      onDelete: (name) => catalog.deleteNamespace(name),
    });
  }

  /** API servers before 1.33 may not have ServiceCIDRs: without them no address counts as unallocated. */
  async #followServiceCIDRs(): Promise<void> {
    const { catalog, signal } = this.#deps;
    this.#unlisted.add("ServiceCIDRs");
    await awaitServed({
      ...this.#deps,
      resource: resources.serviceCIDRs,
      onAbsent: () => this.#listed("ServiceCIDRs"),
    });
    if (signal.aborted) return;
    this.#follow("ServiceCIDRs", resources.serviceCIDRs, {
      trim: trimServiceCIDR,
      onUpsert: (name, { cidrs }) => catalog.upsertServiceCIDR(name, cidrs),
      onDelete: (name) => catalog.deleteServiceCIDR(name),
    });
  }

  #follow<Kept>(
    kind: WatchedKind,
    resource: Resource,
    {
      trim,
      onUpsert,
      onDelete,
      ...selectors
    }: Selectors & {
      readonly trim: ReflectorOptions<Kept>["trim"];
      readonly onUpsert: (key: string, kept: Kept) => void;
      readonly onDelete: (key: string) => void;
    },
  ): void {
    const { onChange, client, clock, log, signal } = this.#deps;
    this.#unlisted.add(kind);
    void runReflector({
      ...selectors,
      client,
      clock,
      log,
      signal,
      resource,
      trim,
      handler: {
        onUpsert(key, kept) {
          onUpsert(key, kept);
          onChange(kind);
        },
        onDelete(key) {
          onDelete(key);
          onChange(kind);
        },
        onSynced: () => this.#listed(kind),
      },
    });
  }

  #listed(kind: WatchedKind): void {
    this.#unlisted.delete(kind);
    this.#deps.onListed(kind);
  }
}

function parseKey(key: string): ServiceName {
  const [namespace, name] = key.split("/");
  return parseServiceName(namespace, name);
}
