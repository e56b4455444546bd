import { isDeepStrictEqual } from "node:util";
import type { NodeProxyConfig } from "../../../crds/api.ts";
import type { Cidr, IpAddress } from "../../../platform/ip/address.ts";
import { type AddressClaim, AddressClaims } from "../addresses/address-claims.ts";
import { claimAddresses } from "../addresses/claim-addresses.ts";
import type { LocalhostNodePort } from "../addresses/localhost-node-ports.ts";
import type { DesiredState, ServiceName } from "../desired-state.ts";
import type { HealthCheckNodePort } from "../endpoints/health-check-node-port.ts";
import type { NodeFacts } from "../node-facts.ts";
import { selectsByNamespace } from "../policy/selects-by-namespace.ts";
import { namespaceOf } from "../service-port-name.ts";
import type { ServiceProblem } from "../service-problem.ts";
import type { CatalogObjects } from "./catalog-objects.ts";
import { CompiledServices } from "./compiled-services.ts";
import { EndpointSliceIndex } from "./endpoint-slice-index.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";
import type { KeptService } from "./kept-service.ts";
import { NamespaceLabels } from "./namespace-labels.ts";
import { type NodeSetup, NodeView } from "./node-view.ts";
import type { ConnectionReading } from "./service-dynamics.ts";
import type { UdpServicePort } from "./udp-service-ports.ts";

/** How much of the desired state differs from the last time. */
export type ChangeScope =
  /** The first time, and when the desired state of the node differs. */
  | { readonly kind: "full" }
  /** `services` differ, appeared or vanished; perhaps none. */
  | { readonly kind: "partial"; readonly services: ReadonlySet<ServiceName> };

/** What the dataplane has to look at. */
export interface CatalogChanges {
  readonly scope: ChangeScope;
  /** Live: `services` is the catalog's own map and changes with the next `takeChanges`. */
  readonly desired: DesiredState;
  /**
   * When the controllers saw what led to the changed EndpointSlices, milliseconds since the epoch. Empty at the first call:
   * how long ago that was says nothing about this agent.
   */
  readonly triggerTimes: readonly number[];
  /** When the desired state changes without an event, on the clock of `takeChanges`; undefined is never. */
  readonly nextChangeMs: number | undefined;
}

/**
 * The Services of the cluster as this node sees them: holds what the watches have brought, in trimmed form, and
 * recompiles only Services that an event can have changed. Events may come in any order and more than once.
 */
export class ServiceCatalog {
  readonly #services = new Map<string, KeptService>();
  readonly #endpointSlices = new EndpointSliceIndex();
  readonly #namespaces = new NamespaceLabels();
  readonly #claims = new AddressClaims();
  readonly #compiled = new CompiledServices();
  readonly #view: NodeView;

  readonly #changedServices = new Set<ServiceName>();
  #triggerTimes: number[] = [];
  #isFirst = true;

  /** @throws IpSyntaxError when a CIDR does not parse, which the API server does not accept */
  constructor(setup: NodeSetup) {
    this.#view = new NodeView(setup);
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

  upsertNamespace(name: string, labels: Readonly<Record<string, string>>): void {
    if (this.#namespaces.put(name, labels)) this.#namespaceChanged(name);
  }

  deleteNamespace(name: string): void {
    if (this.#namespaces.delete(name)) this.#namespaceChanged(name);
  }

  upsertServiceCIDR(name: string, cidrs: readonly Cidr[]): void {
    this.#view.putServiceCIDR(name, cidrs);
  }

  deleteServiceCIDR(name: string): void {
    this.#view.deleteServiceCIDR(name);
  }

  setNode(node: NodeFacts): void {
    this.#setUp({ ...this.#view.setup, node });
  }

  /** @throws IpSyntaxError when a CIDR does not parse, which the API server does not accept; nothing is changed then */
  setConfig(config: NodeProxyConfig): void {
    this.#setUp({ ...this.#view.setup, config });
  }

  /** Takes a new reading of the open connections of endpoints, for Services with LeastConnection. */
  setConnections(reading: ConnectionReading): void {
    this.#markChanged(this.#compiled.dynamics.setConnections(reading, this.#compiled.desired));
  }

  /** What was known was out of date: for slow start, endpoints that have appeared since then are not new. */
  forgetAges(): void {
    this.#markChanged(this.#compiled.dynamics.forgetAges());
  }

  /** Whether there is something to take; `takeChanges` may still find that nothing differs. */
  hasChanges(): boolean {
    return this.#view.isChanged || this.#changedServices.size > 0;
  }

  /**
   * Recompiles what has changed since the last call, and forgets that it has changed.
   * @param nowMs Milliseconds of the monotonic clock, for slow start.
   */
  takeChanges(nowMs = 0): CatalogChanges {
    this.#markChanged(this.#compiled.dynamics.dueServices(nowMs));
    this.#claims.settle(this.#changedServices, (name) => this.#claimsOf(name));
    const services = new Set<ServiceName>();
    for (const name of this.#changedServices) {
      if (this.#recompile(name, nowMs)) services.add(name);
    }
    const changes: CatalogChanges = {
      scope: this.#view.takeChange() ? { kind: "full" } : { kind: "partial", services },
      desired: { node: this.#view.desired, services: this.#compiled.desired },
      triggerTimes: this.#isFirst ? [] : this.#triggerTimes,
      nextChangeMs: this.#compiled.dynamics.nextDueMs(),
    };
    this.#changedServices.clear();
    this.#triggerTimes = [];
    this.#isFirst = false;
    return changes;
  }

  /** All objects in the catalog. Live: objects that arrive while it is read may be in it or not. */
  get objects(): CatalogObjects {
    return {
      services: this.#services,
      endpointSlices: this.#endpointSlices.entries(),
      namespaces: this.#namespaces.entries,
      serviceCIDRs: this.#view.serviceCIDRs,
    };
  }

  /** What Services ask for and do not get, as of the last `takeChanges`; in order of their names. */
  problems(): readonly ServiceProblem[] {
    return this.#compiled.problems();
  }

  /** Services that ask for LeastConnection, as of the last `takeChanges`. Live. */
  get leastConnectionServices(): ReadonlySet<ServiceName> {
    return this.#compiled.dynamics.leastConnectionServices;
  }

  /** The Services with a health check node port, as of the last `takeChanges`. Live, as `desired.services`. */
  get healthCheckNodePorts(): ReadonlyMap<ServiceName, HealthCheckNodePort> {
    return this.#compiled.healthCheckNodePorts.entries;
  }

  /** The Services whose entry in `healthCheckNodePorts` has appeared, changed or vanished since the last call. */
  takeChangedHealthChecks(): ReadonlySet<ServiceName> {
    return this.#compiled.healthCheckNodePorts.takeChanged();
  }

  /** The NodePorts that should answer on loopback addresses, as of the last `takeChanges`. Live, as `desired.services`. */
  get localhostNodePorts(): ReadonlyMap<ServiceName, readonly LocalhostNodePort[]> {
    return this.#compiled.localhostNodePorts;
  }

  /** The Services with UDP ports, as of the last `takeChanges`. Live, as `desired.services`. */
  get udpServicePorts(): ReadonlyMap<ServiceName, readonly UdpServicePort[]> {
    return this.#compiled.udpServicePorts.entries;
  }

  /**
   * The Services whose entry in `udpServicePorts` has appeared, changed or vanished since the last call. Not all of them
   * differ for the dataplane: an endpoint that has ended got no new flows before that.
   */
  takeChangedUdpServices(): ReadonlySet<ServiceName> {
    return this.#compiled.udpServicePorts.takeChanged();
  }

  /** The node's addresses that accept NodePorts. */
  get nodePortAddresses(): readonly IpAddress[] {
    return this.#view.nodePortAddresses;
  }

  #setUp(setup: NodeSetup): void {
    if (this.#view.replace(setup)) this.#markChanged(this.#serviceNames());
  }

  #namespaceChanged(namespace: string): void {
    if (!selectsByNamespace(this.#view.setup.config)) return;
    this.#markChanged(this.#serviceNames().filter((name) => namespaceOf(name) === namespace));
  }

  #serviceNames(): readonly ServiceName[] {
    return [...this.#services.values()].map(({ name }) => name);
  }

  #markChanged(services: Iterable<ServiceName>): void {
    for (const service of services) this.#changedServices.add(service);
  }

  #claimsOf(name: ServiceName): readonly AddressClaim[] {
    const service = this.#services.get(name);
    return service === undefined ? [] : claimAddresses(service, this.#view.nodePortAddresses);
  }

  /** Whether the desired state of the Service differs from before. */
  #recompile(name: ServiceName, nowMs: number): boolean {
    const service = this.#services.get(name);
    if (service === undefined) return this.#compiled.remove(name);
    const { setup, desired, nodePortAddresses } = this.#view;
    const inputs = {
      service,
      endpointSlices: this.#endpointSlices.slicesOf(name),
      namespaceLabels: this.#namespaces.of(namespaceOf(name)),
      ...setup,
      desiredNode: desired,
      nodePortAddresses,
      winnerOf: (claim: AddressClaim) => this.#claims.winnerOf(claim),
    };
    return this.#compiled.compile(inputs, nowMs);
  }
}
