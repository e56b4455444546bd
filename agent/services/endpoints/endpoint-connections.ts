import { transportKey } from "../../../platform/ip/socket-address.ts";
import type { DesiredService, ServiceName } from "../desired-state.ts";
import { expectedPerEndpoint } from "../../scheduling/weights-from-connections.ts";

/**
 * Open connections by the {@link transportKey} of the endpoint, which is the same for all Services that it belongs to;
 * endpoints without any may be missing.
 */
export type ConnectionCounts = ReadonlyMap<string, number>;

/**
 * The counts that the weights of each Service depend on. They follow new counts only where the difference matters, because
 * each change of weights rewrites slots in the kernel.
 */
export class EndpointConnections {
  readonly #used = new Map<ServiceName, ConnectionCounts>();

  /** Undefined while nothing is known about the Service. */
  of(service: ServiceName): ConnectionCounts | undefined {
    return this.#used.get(service);
  }

  /** Takes the new counts where they matter, and returns the Services for which they do. */
  update(services: Iterable<DesiredService>, newest: ConnectionCounts): readonly ServiceName[] {
    const changed: ServiceName[] = [];
    for (const service of services) {
      const keys = [...keysOf(service)];
      const used = this.#used.get(service.name);
      if (used !== undefined && !isWorthwhile(keys, used, newest)) continue;
      this.#used.set(service.name, new Map(keys.map((key) => [key, newest.get(key) ?? 0])));
      changed.push(service.name);
    }
    return changed;
  }

  /** Forgets all counts, and returns the Services that had some. */
  clear(): readonly ServiceName[] {
    const services = [...this.#used.keys()];
    this.#used.clear();
    return services;
  }

  /** Forgets the counts of a Service, and says whether there were any. */
  delete(service: ServiceName): boolean {
    return this.#used.delete(service);
  }
}

function keysOf({ ports }: DesiredService): ReadonlySet<string> {
  return new Set(
    ports.flatMap(({ protocol, clusterEndpoints, localEndpoints }) =>
      [...clusterEndpoints, ...localEndpoints].map((endpoint) => transportKey(protocol, endpoint)),
    ),
  );
}

/** Whether some endpoint has an eighth more or less of what an endpoint has on average. */
function isWorthwhile(keys: readonly string[], used: ConnectionCounts, newest: ConnectionCounts): boolean {
  const open = keys.reduce((sum, key) => sum + (newest.get(key) ?? 0), 0);
  const tolerance = Math.max(expectedPerEndpoint, open / keys.length) / 8;
  return keys.some((key) => Math.abs((newest.get(key) ?? 0) - (used.get(key) ?? 0)) > tolerance);
}
