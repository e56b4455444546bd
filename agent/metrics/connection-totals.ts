import type {
  DesiredService,
  DesiredServicePort,
  ServiceName,
  ServicePortName,
} from "../services/desired-state.ts";
import { type CountReading, frontendKeys } from "./frontend-counters.ts";

/** Connections to one service port, both families, since the agent first looked. */
export interface ServicePortTotal {
  readonly service: ServiceName;
  readonly name: ServicePortName;
  readonly connections: number;
}

/**
 * Adds up the kernel's counters across resets to 0, which happen when a frontend gets another verdict or a table is refilled.
 * Connections between the last reading and a reset are lost. Totals never decrease.
 */
export class ConnectionTotals {
  /** By frontend. */
  #lastCounts: ReadonlyMap<string, number> = new Map();
  #totals = new Map<ServicePortName, ServicePortTotal>();

  /** Adds a reading; forgets Services that are gone. */
  update({ counts }: Pick<CountReading, "counts">, services: Iterable<DesiredService>): void {
    if (counts === this.#lastCounts) return;
    const totals = new Map<ServicePortName, ServicePortTotal>();
    for (const service of services) {
      for (const port of service.ports) {
        const before = totals.get(port.name)?.connections ?? this.#totals.get(port.name)?.connections ?? 0;
        const connections = before + this.#increase(port, counts);
        totals.set(port.name, { service: service.name, name: port.name, connections });
      }
    }
    this.#totals = totals;
    this.#lastCounts = counts;
  }

  /** The service ports with the most connections, most first; those without any are left out. */
  top(size: number): readonly ServicePortTotal[] {
    return [...this.#totals.values()]
      .filter(({ connections }) => connections > 0)
      .toSorted((left, right) => right.connections - left.connections || (left.name < right.name ? -1 : 1))
      .slice(0, size);
  }

  #increase(port: DesiredServicePort, counts: ReadonlyMap<string, number>): number {
    return frontendKeys(port).reduce((sum, id) => {
      const count = counts.get(id) ?? 0;
      const last = this.#lastCounts.get(id) ?? 0;
      return sum + (count < last ? count : count - last);
    }, 0);
  }
}
