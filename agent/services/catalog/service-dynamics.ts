import type { DesiredService, ServiceName } from "../desired-state.ts";
import { type ConnectionCounts, EndpointConnections } from "../endpoints/endpoint-connections.ts";
import { type EndpointAges, nextStepMs, type SlowStartTime } from "../../scheduling/slow-start.ts";

/** Open connections, or why they cannot be counted. */
export type ConnectionReading =
  | ({ readonly kind: "counted"; readonly counts: ConnectionCounts } & ConcernedServices)
  | ({ readonly kind: "unavailable"; readonly reason: string } & ConcernedServices)
  /** Not counted: no Service needs it. */
  | { readonly kind: "unneeded" };

interface ConcernedServices {
  /** The Services whose weights are made of connections; not those whose mode compares connections itself. Absent is all. */
  readonly concerns?: (service: ServiceName) => boolean;
}

/** What the weights of one Service's endpoints depend on besides the objects of the cluster. */
export interface Dynamics {
  /** Milliseconds of the monotonic clock. */
  readonly nowMs: number;
  /** Undefined before the first look at the Service with slow start. */
  readonly ages: EndpointAges | undefined;
  readonly connections: ConnectionCounts | undefined;
  /** Why there are no connections; undefined when there are, or when none are needed. */
  readonly connectionsProblem: string | undefined;
}

/** Slow start of a Service, and the ages of its endpoints. */
export interface SlowStart {
  readonly ages: EndpointAges;
  readonly time: SlowStartTime;
}

/** Holds what changes the weights of endpoints without a change of any object: time, and open connections. */
export class ServiceDynamics {
  readonly #ages = new Map<ServiceName, EndpointAges>();
  readonly #dueMs = new Map<ServiceName, number>();
  readonly #leastConnection = new Set<ServiceName>();
  readonly #connections = new EndpointConnections();
  #connectionsProblem: string | undefined;
  #isConcerned: (service: ServiceName) => boolean = () => true;

  of(service: ServiceName, nowMs: number): Dynamics {
    return {
      nowMs,
      ages: this.#ages.get(service),
      connections: this.#connections.of(service),
      connectionsProblem: this.#isConcerned(service) ? this.#connectionsProblem : undefined,
    };
  }

  /** Stores what was compiled from {@link of}; without `desired` forgets all of it. */
  settle(service: ServiceName, desired: DesiredService | undefined, slowStart: SlowStart | undefined): void {
    const dueMs = slowStart === undefined ? undefined : nextStepMs(slowStart.ages, slowStart.time);
    if (slowStart === undefined) this.#ages.delete(service);
    else this.#ages.set(service, slowStart.ages);
    if (dueMs === undefined) this.#dueMs.delete(service);
    else this.#dueMs.set(service, dueMs);
    if (desired?.ports.some(({ algorithm }) => algorithm === "LeastConnection") === true) {
      this.#leastConnection.add(service);
    } else {
      this.#leastConnection.delete(service);
      this.#connections.delete(service);
    }
  }

  /** Makes all endpoints old, since the agent did not see when they appeared. Returns the Services to compile again. */
  forgetAges(): readonly ServiceName[] {
    const services = [...this.#ages.keys()];
    this.#ages.clear();
    return services;
  }

  /** Services with endpoints whose next step is due. */
  dueServices(nowMs: number): readonly ServiceName[] {
    return [...this.#dueMs].flatMap(([service, dueMs]) => (dueMs <= nowMs ? [service] : []));
  }

  /** When the next step is due; undefined when no endpoint is new. */
  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const dueMs of this.#dueMs.values()) next = Math.min(next ?? dueMs, dueMs);
    return next;
  }

  /** The Services whose weights depend on open connections. */
  get leastConnectionServices(): ReadonlySet<ServiceName> {
    return this.#leastConnection;
  }

  /** Takes a new reading, and returns the Services that it concerns. */
  setConnections(
    reading: ConnectionReading,
    desired: ReadonlyMap<ServiceName, DesiredService>,
  ): readonly ServiceName[] {
    const problem = reading.kind === "unavailable" ? reading.reason : undefined;
    const isNewProblem = problem !== this.#connectionsProblem;
    this.#connectionsProblem = problem;
    if (reading.kind !== "unneeded") this.#isConcerned = reading.concerns ?? (() => true);
    const services = [...this.#leastConnection];
    const changed =
      reading.kind === "counted"
        ? this.#updateConnections(services, reading.counts, desired)
        : this.#connections.clear();
    return isNewProblem ? services : changed;
  }

  #updateConnections(
    services: readonly ServiceName[],
    counts: ConnectionCounts,
    desired: ReadonlyMap<ServiceName, DesiredService>,
  ): readonly ServiceName[] {
    const concerned = services.filter((name) => this.#isConcerned(name));
    const others = services.filter((name) => !this.#isConcerned(name));
    const forgotten = others.filter((name) => this.#connections.delete(name));
    const present = concerned.flatMap((name) => desired.get(name) ?? []);
    return [...this.#connections.update(present, counts), ...forgotten];
  }
}
