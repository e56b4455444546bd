import { isDeepStrictEqual } from "node:util";
import type { NodeProxyConfig } from "../../../crds/api.ts";
import { familyOf, type Cidr, type IpAddress, type IpFamily } from "../../../platform/ip/address.ts";
import { AddressClaims } from "../addresses/address-claims.ts";
import { buildDesiredNode } from "../build-desired-node.ts";
import { buildDesiredService } from "../build-desired-service.ts";
import type { CatalogObjects } from "./catalog-objects.ts";
import { claimAddresses } from "../addresses/claim-addresses.ts";
import { countLocalReadyEndpoints } from "../endpoints/count-local-ready-endpoints.ts";
import type { DesiredNode, DesiredService, DesiredState, Port, ServiceName } from "../desired-state.ts";
import { EndpointSliceIndex } from "./endpoint-slice-index.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";
import type { KeptService } from "./kept-service.ts";
import { buildLocalhostNodePorts, type LocalhostNodePort } from "../addresses/localhost-node-ports.ts";
import type { NodeFacts } from "../node-facts.ts";
import { nodePortAddresses } from "../addresses/node-port-addresses.ts";
import { type ConnectionReading, ServiceDynamics } from "./service-dynamics.ts";
import { selectsByNamespace } from "../policy/selects-by-namespace.ts";
import { namespaceOf } from "../service-port-name.ts";
import type { ServiceProblem } from "../service-problem.ts";
import { TrackedMap } from "./tracked-map.ts";
import { buildUdpServicePorts, type UdpServicePort } from "./udp-service-ports.ts";

type Labels = Readonly<Record<string, string>>;

/** How much of the desired state differs from the last time. */
export type ChangeScope =
  /** The first time, and when the node's facts differ. */
  | { readonly kind: "full" }
  /** `services` differ, appeared or vanished; perhaps none. */
  | { readonly kind: "partial"; readonly services: ReadonlySet<ServiceName> };

/** What the dataplane has to look at. */
export interface CatalogChanges {
  readonly scope: ChangeScope;
  /** Live: `services` is the catalog's own map and changes with the next `takeChanges`. */
  readonly desired: DesiredState;
  /**
   * When the controllers saw what led to the changed EndpointSlices, milliseconds since the epoch. None at the first call:
   * how long ago that was says nothing about this agent.
   */
  readonly triggerTimes: readonly number[];
  /** When the desired state changes by itself, on the clock of `takeChanges`; undefined is never. */
  readonly nextChangeMs: number | undefined;
}

/** What a health check node port needs to answer a load balancer. */
export interface HealthCheckNodePort {
  readonly port: Port;
  /** Distinct addresses of ready endpoints on this node, for the families of the Service. */
  readonly localReadyEndpoints: Readonly<Partial<Record<IpFamily, number>>>;
}

/**
 * The Services of the cluster as this node sees them: holds what the watches have brought, in trimmed form, and
 * recompiles only Services that an event can have changed. Events may come in any order and more than once.
 */
export class ServiceCatalog {
  readonly #services = new Map<string, KeptService>();
  readonly #endpointSlices = new EndpointSliceIndex();
  readonly #namespaces = new Map<string, Labels>();
  readonly #serviceCIDRs = new Map<string, readonly Cidr[]>();
  readonly #claims = new AddressClaims();

  readonly #dynamics = new ServiceDynamics();

  readonly #desired = new Map<ServiceName, DesiredService>();
  readonly #problems = new Map<ServiceName, readonly ServiceProblem[]>();
  readonly #healthCheckNodePorts = new TrackedMap<ServiceName, HealthCheckNodePort>();
  readonly #localhostNodePorts = new Map<ServiceName, readonly LocalhostNodePort[]>();
  readonly #udpServicePorts = new TrackedMap<ServiceName, readonly UdpServicePort[]>();

  #config: NodeProxyConfig;
  #node: NodeFacts;
  #nodePortAddresses: readonly IpAddress[];
  #desiredNode: DesiredNode;
  readonly #changedServices = new Set<ServiceName>();
  #triggerTimes: number[] = [];
  #fullSyncNeeded = true;
  #isFirst = true;

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
    const affected = this.#endpointSlices.put(key, slice);
    this.#markChanged(affected);
    if (affected.length === 0 || slice.triggerTimeMs === undefined) return;
    this.#triggerTimes.push(slice.triggerTimeMs);
  }

  /** @param key `namespace/name` of the slice. */
  deleteEndpointSlice(key: string): void {
    this.#markChanged(this.#endpointSlices.remove(key));
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
    this.#serviceCIDRsChanged();
  }

  deleteServiceCIDR(name: string): void {
    if (this.#serviceCIDRs.delete(name)) this.#serviceCIDRsChanged();
  }

  setNode(node: NodeFacts): void {
    if (!isDeepStrictEqual(node, this.#node)) this.#replaceSettings(this.#config, node);
  }

  /** @throws IpSyntaxError when a CIDR does not parse, which the API server does not let pass; nothing is changed then. */
  setConfig(config: NodeProxyConfig): void {
    if (!isDeepStrictEqual(config, this.#config)) this.#replaceSettings(config, this.#node);
  }

  /** Whether there is something to take; `takeChanges` may still find that nothing differs. */
  hasChanges(): boolean {
    return this.#fullSyncNeeded || this.#changedServices.size > 0;
  }

  /** Takes over how many connections endpoints have, for Services with LeastConnection. */
  setConnections(reading: ConnectionReading): void {
    this.#markChanged(this.#dynamics.setConnections(reading, this.#desired));
  }

  /** What was known was out of date: for slow start, endpoints that have come since then are not new. */
  forgetAges(): void {
    this.#markChanged(this.#dynamics.forgetAges());
  }

  /** Whether the connections of endpoints matter, as of the last `takeChanges`. */
  get needsConnections(): boolean {
    return this.#dynamics.leastConnectionServices.size > 0;
  }

  /**
   * Recompiles what has changed since the last call, and forgets that it has changed.
   * @param nowMs Milliseconds of the monotonic clock, for slow start.
   */
  takeChanges(nowMs = 0): CatalogChanges {
    this.#markChanged(this.#dynamics.dueServices(nowMs));
    this.#settleClaims();
    const differing = new Set<ServiceName>();
    for (const name of this.#changedServices) {
      if (this.#recompile(name, nowMs)) differing.add(name);
    }
    const changes: CatalogChanges = {
      scope: this.#fullSyncNeeded ? { kind: "full" } : { kind: "partial", services: differing },
      desired: { node: this.#desiredNode, services: this.#desired },
      triggerTimes: this.#isFirst ? [] : this.#triggerTimes,
      nextChangeMs: this.#dynamics.nextDueMs(),
    };
    this.#changedServices.clear();
    this.#triggerTimes = [];
    this.#fullSyncNeeded = false;
    this.#isFirst = false;
    return changes;
  }

  /** All that the catalog was told and not told to forget. Live: what comes while it is read may be in it or not. */
  get objects(): CatalogObjects {
    return {
      services: this.#services,
      endpointSlices: this.#endpointSlices.entries(),
      namespaces: this.#namespaces,
      serviceCIDRs: this.#serviceCIDRs,
    };
  }

  /** What Services ask for and do not get, as of the last `takeChanges`; in order of their names. */
  problems(): readonly ServiceProblem[] {
    const byName = [...this.#problems].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return byName.flatMap(([, problems]) => problems);
  }

  /** What of each Service is programmed, as of the last `takeChanges`. Live, as `desired.services`. */
  get desiredServices(): ReadonlyMap<ServiceName, DesiredService> {
    return this.#desired;
  }

  /** The Services with a health check node port, as of the last `takeChanges`. Live, as `desired.services`. */
  get healthCheckNodePorts(): ReadonlyMap<ServiceName, HealthCheckNodePort> {
    return this.#healthCheckNodePorts.entries;
  }

  /** The Services whose entry in `healthCheckNodePorts` has appeared, changed or vanished since this was last asked, and forgets them. */
  takeChangedHealthChecks(): ReadonlySet<ServiceName> {
    return this.#healthCheckNodePorts.takeChanged();
  }

  /** The NodePorts that shall answer on loopback addresses, as of the last `takeChanges`. Live, as `desired.services`. */
  get localhostNodePorts(): ReadonlyMap<ServiceName, readonly LocalhostNodePort[]> {
    return this.#localhostNodePorts;
  }

  /** The Services with UDP ports, as of the last `takeChanges`. Live, as `desired.services`. */
  get udpServicePorts(): ReadonlyMap<ServiceName, readonly UdpServicePort[]> {
    return this.#udpServicePorts.entries;
  }

  /**
   * The Services whose entry in `udpServicePorts` has appeared, changed or vanished since this was last asked, and forgets
   * them. Not all of them differ for the dataplane: an endpoint that has ended got no new flows before that.
   */
  takeChangedUdpServices(): ReadonlySet<ServiceName> {
    return this.#udpServicePorts.takeChanged();
  }

  /** The node's addresses that accept NodePorts. */
  get nodePortAddresses(): readonly IpAddress[] {
    return this.#nodePortAddresses;
  }

  #markChanged(services: Iterable<ServiceName>): void {
    for (const service of services) this.#changedServices.add(service);
  }

  /** A change of one Service can give an address to another one, or take it away. */
  #settleClaims(): void {
    // A Set's iteration also visits what is added on the way.
    for (const name of this.#changedServices) {
      const service = this.#services.get(name);
      const claims = service === undefined ? [] : claimAddresses(service, this.#nodePortAddresses);
      this.#markChanged(this.#claims.replace(name, claims));
    }
  }

  /** Whether the desired state of the Service differs from before. */
  #recompile(name: ServiceName, nowMs: number): boolean {
    const service = this.#services.get(name);
    if (service === undefined) {
      this.#problems.delete(name);
      this.#healthCheckNodePorts.put(name, undefined);
      this.#localhostNodePorts.delete(name);
      this.#udpServicePorts.put(name, undefined);
      this.#dynamics.settle(name, undefined, undefined);
      return this.#desired.delete(name);
    }
    const endpointSlices = this.#endpointSlices.slicesOf(name);
    const compiled = buildDesiredService({
      service,
      endpointSlices,
      namespaceLabels: this.#labelsOfNamespace(namespaceOf(name)),
      node: this.#node,
      nodePortAddresses: this.#nodePortAddresses,
      config: this.#config,
      dynamics: this.#dynamics.of(name, nowMs),
      winnerOf: (claim) => this.#claims.winnerOf(claim),
    });
    replaceEntry(this.#problems, name, compiled.problems.length > 0 ? compiled.problems : undefined);
    this.#healthCheckNodePorts.put(name, this.#healthCheckNodePort(service, endpointSlices));
    const desired = compiled.service.ports.length > 0 ? compiled.service : undefined;
    this.#dynamics.settle(name, desired, compiled.slowStart);
    replaceEntry(this.#localhostNodePorts, name, this.#localhostNodePortsOf(service, desired));
    const udpPorts = buildUdpServicePorts(desired, service, endpointSlices);
    this.#udpServicePorts.put(name, udpPorts.length > 0 ? udpPorts : undefined);
    if (isDeepStrictEqual(desired, this.#desired.get(name))) return false;
    replaceEntry(this.#desired, name, desired);
    return true;
  }

  #localhostNodePortsOf(
    service: KeptService,
    desired: DesiredService | undefined,
  ): readonly LocalhostNodePort[] | undefined {
    if (!this.#config.nodePorts.localhost || desired === undefined) return undefined;
    const nodePorts = buildLocalhostNodePorts(service, desired);
    return nodePorts.length > 0 ? nodePorts : undefined;
  }

  #healthCheckNodePort(
    { healthCheckNodePort: port, clusterIPs }: KeptService,
    slices: readonly KeptEndpointSlice[],
  ): HealthCheckNodePort | undefined {
    if (port === undefined) return undefined;
    const counts = countLocalReadyEndpoints(slices, this.#node.name);
    const families = clusterIPs.map((address) => familyOf(address));
    return {
      port,
      localReadyEndpoints: Object.fromEntries(families.map((family) => [family, counts[family]])),
    };
  }

  /** Every namespace has its name as a label, also before its object has arrived. */
  #labelsOfNamespace(namespace: string): Labels {
    return this.#namespaces.get(namespace) ?? { "kubernetes.io/metadata.name": namespace };
  }

  #namespaceChanged(namespace: string): void {
    if (!selectsByNamespace(this.#config)) return;
    const names = [...this.#services.values()].map((service) => service.name);
    this.#markChanged(names.filter((name) => namespaceOf(name) === namespace));
  }

  #replaceSettings(config: NodeProxyConfig, node: NodeFacts): void {
    const acceptingAddresses = nodePortAddresses(config.nodePorts, node.addresses);
    this.#replaceDesiredNode(buildDesiredNode(config, node, this.#allServiceCIDRs()));
    this.#nodePortAddresses = acceptingAddresses;
    this.#config = config;
    this.#node = node;
    this.#markChanged([...this.#services.values()].map((service) => service.name));
  }

  #serviceCIDRsChanged(): void {
    this.#replaceDesiredNode(buildDesiredNode(this.#config, this.#node, this.#allServiceCIDRs()));
  }

  #replaceDesiredNode(desired: DesiredNode): void {
    if (isDeepStrictEqual(desired, this.#desiredNode)) return;
    this.#desiredNode = desired;
    this.#fullSyncNeeded = true;
  }

  #allServiceCIDRs(): readonly Cidr[] {
    return [...this.#serviceCIDRs.values()].flat();
  }
}

function replaceEntry<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
