import type { ProxyMode } from "../../crds/api.ts";
import type { DesiredService, ServiceName } from "../services/desired-state.ts";
import { partition, placeService, type Partition, type PartitionRules } from "./partition.ts";

/** A {@link Partition} that is kept up to date at the cost of the Services that change. */
export class WantedModes implements Partition {
  readonly #others = new Map<ServiceName, ProxyMode>();
  readonly #unmet = new Map<ServiceName, ProxyMode>();
  readonly #counts = new Map<ProxyMode, number>();
  #unmetVersion = 0;

  get others(): ReadonlyMap<ServiceName, ProxyMode> {
    return this.#others;
  }

  get unmet(): ReadonlyMap<ServiceName, ProxyMode> {
    return this.#unmet;
  }

  /** Differs from before when {@link unmet} does. */
  get unmetVersion(): number {
    return this.#unmetVersion;
  }

  /** How many Services belong to a mode that is not the main one. */
  count(mode: ProxyMode): number {
    return this.#counts.get(mode) ?? 0;
  }

  replace(services: Iterable<DesiredService>, rules: PartitionRules): void {
    const { others, unmet } = partition(services, rules);
    this.#others.clear();
    this.#unmet.clear();
    this.#counts.clear();
    for (const [name, mode] of others) this.#setOther(name, mode);
    for (const [name, mode] of unmet) this.#unmet.set(name, mode);
    this.#unmetVersion += 1;
  }

  /** @param service undefined when it is gone */
  update(name: ServiceName, service: DesiredService | undefined, rules: PartitionRules): void {
    const place = service === undefined ? undefined : placeService(service, rules);
    this.#setOther(name, place?.mode === rules.main ? undefined : place?.mode);
    if (this.#unmet.get(name) === place?.unmet) return;
    this.#unmetVersion += 1;
    if (place?.unmet === undefined) this.#unmet.delete(name);
    else this.#unmet.set(name, place.unmet);
  }

  #setOther(name: ServiceName, mode: ProxyMode | undefined): void {
    const before = this.#others.get(name);
    if (before !== undefined) this.#counts.set(before, this.count(before) - 1);
    if (mode === undefined) {
      this.#others.delete(name);
      return;
    }
    this.#others.set(name, mode);
    this.#counts.set(mode, this.count(mode) + 1);
  }
}
