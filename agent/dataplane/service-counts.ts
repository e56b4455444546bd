import { socketKey } from "../../platform/ip/socket-address.ts";
import type { DesiredService, DesiredServicePort, ServiceName } from "../services/desired-state.ts";

interface Count {
  readonly servicePorts: number;
  readonly endpoints: number;
}

/** Sums over all programmed Services that cost nothing to ask for. */
export class ServiceCounts {
  readonly #services = new Map<ServiceName, Count>();
  #servicePorts = 0;
  #endpoints = 0;

  /** Service ports, both families. */
  get servicePorts(): number {
    return this.#servicePorts;
  }

  /** Endpoints of all service ports, both families. */
  get endpoints(): number {
    return this.#endpoints;
  }

  /** How many Services are counted. */
  get services(): number {
    return this.#services.size;
  }

  has(name: ServiceName): boolean {
    return this.#services.has(name);
  }

  names(): MapIterator<ServiceName> {
    return this.#services.keys();
  }

  /** Counts a Service in place of what it was before; undefined takes it out. */
  set(name: ServiceName, service: DesiredService | undefined): void {
    const before = this.#services.get(name);
    this.#servicePorts -= before?.servicePorts ?? 0;
    this.#endpoints -= before?.endpoints ?? 0;
    if (service === undefined) {
      this.#services.delete(name);
      return;
    }
    const endpoints = service.ports.reduce((sum, port) => sum + endpointCount(port), 0);
    this.#services.set(name, { servicePorts: service.ports.length, endpoints });
    this.#servicePorts += service.ports.length;
    this.#endpoints += endpoints;
  }
}

function endpointCount({ clusterEndpoints, localEndpoints }: DesiredServicePort): number {
  if (localEndpoints.length === 0) return clusterEndpoints.length;
  return new Set([...clusterEndpoints, ...localEndpoints].map(socketKey)).size;
}
