import { apiGroupVersion } from "../../../crds/api.ts";
import type { ApiObject } from "../../../platform/kube/api-client.ts";
import { resources } from "../../../platform/kube/resources.ts";
import { makeNodeProxySpec } from "../../support/make-node-proxy-spec.ts";
import { ApiStub, proxiedResources } from "./api-stub.ts";
import {
  makeEndpointSlice,
  makeService,
  planServices,
  probedIndexes,
  serviceCIDR,
  spareAddress,
  type PlannedService,
  type WorkloadSize,
} from "./workload.ts";

export const nodeName = "bench";
export const nodeAddress = "192.0.2.1";
const podCIDR = "10.254.0.0/24";
export const apiPort = 6443;

/** An API server with the workload and one node, in this process. */
export class SimulatedCluster {
  readonly size: WorkloadSize;
  readonly #api: ApiStub;
  readonly #services: PlannedService[];
  readonly #changeable: readonly number[];
  #spareAddresses = 0;

  private constructor(size: WorkloadSize, api: ApiStub, services: readonly PlannedService[]) {
    this.size = size;
    this.#api = api;
    this.#services = [...services];
    const probed = new Set(probedIndexes(size.services));
    this.#changeable = Array.from(services.keys()).filter((index) => !probed.has(index));
  }

  static async start(size: WorkloadSize): Promise<SimulatedCluster> {
    const api = new ApiStub();
    for (const resource of proxiedResources) api.serve(resource);
    api.put(resources.nodes, makeNode());
    api.put(resources.nodeProxies, makeNodeProxy());
    api.put(resources.serviceCIDRs, makeServiceCIDR());
    const services = planServices(size);
    for (const service of services) {
      api.put(resources.services, makeService(service));
      api.put(resources.endpointSlices, makeEndpointSlice(service));
    }
    await api.listen(apiPort);
    return new SimulatedCluster(size, api, services);
  }

  /** Services whose endpoints answer connections; a proxy may prefer the first one. */
  get probedServices(): readonly PlannedService[] {
    return probedIndexes(this.size.services).map((index) => this.service(index));
  }

  /** Index of a Service that is not probed, for changes; always the same for the same `nth`. */
  changeableIndex(nth: number): number {
    const index = this.#changeable[nth % this.#changeable.length];
    if (index === undefined) throw new RangeError(`${this.size.services} Services are all probed`);
    return index;
  }

  /** An address that no endpoint has or had, at any position in the order of all addresses. */
  spareAddress(): string {
    this.#spareAddresses += 1;
    return spareAddress(this.size, this.#spareAddresses);
  }

  /** @throws RangeError */
  service(index: number): PlannedService {
    const service = this.#services[index];
    if (service === undefined) throw new RangeError(`there is no Service ${index}`);
    return service;
  }

  /** Takes effect with {@link announce}. */
  setEndpoints(index: number, endpointAddresses: readonly string[]): void {
    this.#services[index] = { ...this.service(index), endpointAddresses };
  }

  /**
   * Sends the EndpointSlice of a Service to the watchers.
   * @returns `performance.now()` just before
   */
  announce(index: number): number {
    return this.#api.put(resources.endpointSlices, makeEndpointSlice(this.service(index)));
  }

  get allServices(): readonly PlannedService[] {
    return this.#services;
  }

  close(): void {
    this.#api.close();
  }
}

function makeNode(): ApiObject {
  return {
    kind: "Node",
    apiVersion: "v1",
    metadata: { name: nodeName, uid: "node", labels: { "topology.kubernetes.io/zone": "zone-0" } },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: { addresses: [{ type: "InternalIP", address: nodeAddress }] },
  } as ApiObject;
}

function makeNodeProxy(): ApiObject {
  const node = { zone: "zone-0", podCIDRs: [podCIDR], addresses: [nodeAddress] };
  return {
    kind: "NodeProxy",
    apiVersion: apiGroupVersion,
    metadata: { name: nodeName, uid: "node-proxy", generation: 1 },
    spec: makeNodeProxySpec({ node }),
  } as ApiObject;
}

function makeServiceCIDR(): ApiObject {
  return {
    kind: "ServiceCIDR",
    apiVersion: "networking.k8s.io/v1",
    metadata: { name: "kubernetes", uid: "service-cidr" },
    spec: { cidrs: [serviceCIDR] },
  } as ApiObject;
}
