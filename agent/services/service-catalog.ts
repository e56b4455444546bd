import { isDeepStrictEqual } from "node:util";
import type { NodeProxyConfig } from "../../crds/api.ts";
import type { Cidr, IpAddress, IpFamily } from "../../platform/ip/address.ts";
import type { SyncScope } from "../dataplane/dataplane.ts";
import { AddressClaims } from "./address-claims.ts";
import { buildDesiredNode } from "./build-desired-node.ts";
import { buildDesiredService } from "./build-desired-service.ts";
import { claimAddresses } from "./claim-addresses.ts";
import { countLocalReadyEndpoints } from "./count-local-ready-endpoints.ts";
import type { DesiredNode, DesiredService, DesiredState, Port, ServiceName } from "./desired-state.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";
import type { KeptService } from "./kept-service.ts";
import type { NodeFacts } from "./node-facts.ts";
import { nodePortAddresses } from "./node-port-addresses.ts";
import { namespaceOf } from "./service-port-name.ts";
import type { ServiceProblem } from "./service-problem.ts";

type Labels = Readonly<Record<string, string>>;

/** What the dataplane has to look at. */
export interface CatalogChanges {
  /** Full at the first call and when the node's facts have changed; else the Services that differ, perhaps none. */
  readonly scope: SyncScope;
  /** Live: `services` is the catalog's own map and changes with the next `takeChanges`. */
  readonly desired: DesiredState;
  /** When the controllers saw what led to the changed EndpointSlices, milliseconds since the epoch. */
  readonly triggerTimes: readonly number[];
}

/** What a health check node port needs to answer a load balancer. */
export interface HealthCheckNodePort {
  readonly port: Port;
  /** Distinct addresses of ready endpoints on this node. */
  readonly localReadyEndpoints: Readonly<Record<IpFamily, number>>;
}

/**
 * The Services of the cluster as this node sees them: holds what the watches have brought, in trimmed form, and
 * recompiles only Services that an event can have changed. Events may come in any order and more than once.
 */
export class ServiceCatalog {
  readonly #services = new Map<string, KeptService>();
  readonly #slicesByService = new Map<ServiceName, Map<string, KeptEndpointSlice>>();
  readonly #serviceBySlice = new Map<string, ServiceName>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #serviceCIDRs = new Map<string, readonly Cidr[]>();
  readonly #claims = new AddressClaims();

  readonly #desired = new Map<ServiceName, DesiredService>();
  readonly #problems = new Map<ServiceName, readonly ServiceProblem[]>();
  readonly #healthCheckNodePorts = new Map<ServiceName, HealthCheckNodePort>();

  #config: NodeProxyConfig;
  #node: NodeFacts;
  #nodePortAddresses: readonly IpAddress[];
  #desiredNode: DesiredNode;
  #fullSyncNeeded = true;
  readonly #changedServices = new Set<ServiceName>();
  #triggerTimes: number[] = [];

  constructor({ config, node }: { readonly config: NodeProxyConfig; readonly node: NodeFacts }) {
    this.#config = config;
    this.#node = node;
    this.#nodePortAddresses = nodePortAddresses(config.nodePorts, node.addresses);
    this.#desiredNode = buildDesiredNode(config, node, []);
  }

  upsertService(service: KeptService): void {
    if (isDeepStrictEqual(this.#services.get(service.name), service)) return;
    this.#services.set(service.name, service);
    this.#changedServices.add(service.name);
  }

  /** @param key `namespace/name` of the Service. */
  deleteService(key: string): void {
    const service = this.#services.get(key);
    if (service === undefined) return;
    this.#services.delete(key);
    this.#changedServices.add(service.name);
  }

  /** @param key `namespace/name` of the slice. */
  upsertEndpointSlice(key: string, slice: KeptEndpointSlice): void {
    const previousService = this.#serviceBySlice.get(key);
    if (previousService !== undefined && previousService !== slice.service) this.deleteEndpointSlice(key);
    const slices = this.#slicesByService.get(slice.service) ?? new Map<string, KeptEndpointSlice>();
    if (isDeepStrictEqual(slices.get(key), slice)) return;
    this.#slicesByService.set(slice.service, slices.set(key, slice));
    this.#serviceBySlice.set(key, slice.service);
    this.#changedServices.add(slice.service);
    if (slice.triggerTimeMs !== undefined) this.#triggerTimes.push(slice.triggerTimeMs);
  }

  deleteEndpointSlice(key: string): void {
    const service = this.#serviceBySlice.get(key);
    if (service === undefined) return;
    this.#serviceBySlice.delete(key);
    const slices = this.#slicesByService.get(service);
    slices?.delete(key);
    if (slices?.size === 0) this.#slicesByService.delete(service);
    this.#changedServices.add(service);
  }

  upsertNamespace(name: string, labels: Labels): void {
    if (isDeepStrictEqual(this.#namespaces.get(name), labels)) return;
    this.#namespaces.set(name, labels);
    this.#namespaceChanged(name);
  }

  deleteNamespace(name: string): void {
    if (this.#namespaces.delete(name)) this.#namespaceChanged(name);
  }

  upsertServiceCIDR(name: string, cidrs: readonly Cidr[]): void {
    this.#serviceCIDRs.set(name, cidrs);
    this.#rebuildNode();
  }

  deleteServiceCIDR(name: string): void {
    if (this.#serviceCIDRs.delete(name)) this.#rebuildNode();
  }

  setNode(node: NodeFacts): void {
    if (isDeepStrictEqual(node, this.#node)) return;
    this.#node = node;
    this.#settingsChanged();
  }

  setConfig(config: NodeProxyConfig): void {
    if (isDeepStrictEqual(config, this.#config)) return;
    this.#config = config;
    this.#settingsChanged();
  }

  /** Whether `takeChanges` has something to do; it may still find that nothing differs. */
  hasChanges(): boolean {
    return this.#fullSyncNeeded || this.#changedServices.size > 0;
  }

  /** Recompiles what has changed since the last call, and forgets that it has changed. */
  takeChanges(): CatalogChanges {
    this.#settleClaims();
    const differing = new Set<ServiceName>();
    for (const name of this.#changedServices) {
      if (this.#recompile(name)) differing.add(name);
    }
    const changes: CatalogChanges = {
      scope: this.#fullSyncNeeded ? { kind: "full" } : { kind: "partial", services: differing },
      desired: { node: this.#desiredNode, services: this.#desired },
      triggerTimes: this.#triggerTimes,
    };
    this.#changedServices.clear();
    this.#triggerTimes = [];
    this.#fullSyncNeeded = false;
    return changes;
  }

  /** What Services ask for and do not get, as of the last `takeChanges`. */
  problems(): readonly ServiceProblem[] {
    return [...this.#problems.values()].flat();
  }

  /** The Services with a health check node port, as of the last `takeChanges`. Live, as `desired.services`. */
  get healthCheckNodePorts(): ReadonlyMap<ServiceName, HealthCheckNodePort> {
    return this.#healthCheckNodePorts;
  }

  /** A change of one Service can give an address to another one, or take it away. */
  #settleClaims(): void {
    // A Set's iteration also visits what is added on the way.
    for (const name of this.#changedServices) {
      const service = this.#services.get(name);
      const claims = service === undefined ? [] : claimAddresses(service, this.#nodePortAddresses);
      for (const rival of this.#claims.replace(name, claims)) this.#changedServices.add(rival);
    }
  }

  /** Whether the desired state of the Service differs from before. */
  #recompile(name: ServiceName): boolean {
    const service = this.#services.get(name);
    if (service === undefined) {
      this.#problems.delete(name);
      this.#healthCheckNodePorts.delete(name);
      return this.#desired.delete(name);
    }
    const endpointSlices = this.#slicesOf(name);
    const compiled = buildDesiredService({
      service,
      endpointSlices,
      namespaceLabels: this.#labelsOfNamespace(namespaceOf(name)),
      node: this.#node,
      nodePortAddresses: this.#nodePortAddresses,
      config: this.#config,
      winnerOf: (claim) => this.#claims.winnerOf(claim),
    });
    replaceEntry(this.#problems, name, compiled.problems.length > 0 ? compiled.problems : undefined);
    replaceEntry(this.#healthCheckNodePorts, name, this.#healthCheckNodePort(service, endpointSlices));
    const desired = compiled.service.ports.length > 0 ? compiled.service : undefined;
    if (isDeepStrictEqual(desired, this.#desired.get(name))) return false;
    replaceEntry(this.#desired, name, desired);
    return true;
  }

  #healthCheckNodePort(
    { healthCheckNodePort: port }: KeptService,
    slices: readonly KeptEndpointSlice[],
  ): HealthCheckNodePort | undefined {
    if (port === undefined) return undefined;
    return { port, localReadyEndpoints: countLocalReadyEndpoints(slices, this.#node.name) };
  }

  /** In order of their names, so that the result does not depend on the order of events. */
  #slicesOf(name: ServiceName): readonly KeptEndpointSlice[] {
    const slices = [...(this.#slicesByService.get(name) ?? [])];
    return slices.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, slice]) => slice);
  }

  /** Every namespace has its name as a label, also before its object has arrived. */
  #labelsOfNamespace(namespace: string): Labels {
    return this.#namespaces.get(namespace) ?? { "kubernetes.io/metadata.name": namespace };
  }

  #namespaceChanged(namespace: string): void {
    if (!this.#config.services.some((rule) => rule.namespaceSelector !== undefined)) return;
    for (const { name } of this.#services.values()) {
      if (namespaceOf(name) === namespace) this.#changedServices.add(name);
    }
  }

  #settingsChanged(): void {
    this.#nodePortAddresses = nodePortAddresses(this.#config.nodePorts, this.#node.addresses);
    for (const { name } of this.#services.values()) this.#changedServices.add(name);
    this.#rebuildNode();
  }

  #rebuildNode(): void {
    const desired = buildDesiredNode(this.#config, this.#node, [...this.#serviceCIDRs.values()].flat());
    if (isDeepStrictEqual(desired, this.#desiredNode)) return;
    this.#desiredNode = desired;
    this.#fullSyncNeeded = true;
  }
}

function replaceEntry<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
