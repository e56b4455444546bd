import { isDeepStrictEqual } from "node:util";
import { buildLocalhostNodePorts, type LocalhostNodePort } from "../addresses/localhost-node-ports.ts";
import { buildDesiredService, type DesiredServiceInputs } from "../build-desired-service.ts";
import type { DesiredService, ServiceName } from "../desired-state.ts";
import { buildHealthCheckNodePort, type HealthCheckNodePort } from "../endpoints/health-check-node-port.ts";
import type { ServiceProblem } from "../service-problem.ts";
import { ServiceDynamics } from "./service-dynamics.ts";
import { TrackedMap } from "./tracked-map.ts";
import { buildUdpServicePorts, type UdpServicePort } from "./udp-service-ports.ts";

/** Everything that is made of Services. Maps are live. */
export class CompiledServices {
  readonly dynamics = new ServiceDynamics();
  readonly healthCheckNodePorts = new TrackedMap<ServiceName, HealthCheckNodePort>();
  readonly udpServicePorts = new TrackedMap<ServiceName, readonly UdpServicePort[]>();
  readonly #desired = new Map<ServiceName, DesiredService>();
  readonly #problems = new Map<ServiceName, readonly ServiceProblem[]>();
  readonly #localhostNodePorts = new Map<ServiceName, readonly LocalhostNodePort[]>();

  get desired(): ReadonlyMap<ServiceName, DesiredService> {
    return this.#desired;
  }

  get localhostNodePorts(): ReadonlyMap<ServiceName, readonly LocalhostNodePort[]> {
    return this.#localhostNodePorts;
  }

  /** In order of the names of their Services. */
  problems(): readonly ServiceProblem[] {
    const byName = [...this.#problems].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return byName.flatMap(([, problems]) => problems);
  }

  /**
   * Compiles one Service again.
   * @param nowMs Milliseconds of the monotonic clock.
   * @returns whether its desired state differs from before
   */
  compile(inputs: Omit<DesiredServiceInputs, "dynamics">, nowMs: number): boolean {
    const { service, endpointSlices, node, config } = inputs;
    const { name } = service;
    const dynamics = this.dynamics.of(name, nowMs);
    const compiled = buildDesiredService({ ...inputs, dynamics });
    const desired = compiled.service.ports.length > 0 ? compiled.service : undefined;
    this.dynamics.settle(name, desired, compiled.slowStart);
    replaceEntry(this.#problems, name, nonEmpty(compiled.problems));
    this.healthCheckNodePorts.put(name, buildHealthCheckNodePort(service, endpointSlices, node.name));
    this.udpServicePorts.put(name, nonEmpty(buildUdpServicePorts(desired, service, endpointSlices)));
    const answersOnLoopback = config.nodePorts.localhost && desired !== undefined;
    const localhost = answersOnLoopback ? buildLocalhostNodePorts(service, desired) : [];
    replaceEntry(this.#localhostNodePorts, name, nonEmpty(localhost));
    if (isDeepStrictEqual(desired, this.#desired.get(name))) return false;
    replaceEntry(this.#desired, name, desired);
    return true;
  }

  /** Forgets a Service. Says whether it had a desired state. */
  remove(name: ServiceName): boolean {
    this.#problems.delete(name);
    this.healthCheckNodePorts.put(name, undefined);
    this.#localhostNodePorts.delete(name);
    this.udpServicePorts.put(name, undefined);
    this.dynamics.settle(name, undefined, undefined);
    return this.#desired.delete(name);
  }
}

function nonEmpty<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length > 0 ? items : undefined;
}

function replaceEntry<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
