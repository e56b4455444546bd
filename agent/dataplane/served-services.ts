import { isDeepStrictEqual } from "node:util";
import type { DesiredService, ServiceName } from "../services/desired-state.ts";
import type { Dataplane, RejectedService } from "./dataplane.ts";
import { findUnsupported, type UnsupportedFeature } from "./find-unsupported.ts";
import type { ModeReport } from "./mode-report.ts";
import { ServiceCounts } from "./service-counts.ts";

/** Remembers what one mode has in the kernel. A change costs what one Service is big. */
export class ServedServices {
  readonly #dataplane: Pick<Dataplane, "mode" | "abilities">;
  #counts = new ServiceCounts();
  readonly #unsupported = new Map<ServiceName, readonly UnsupportedFeature[]>();
  readonly #rejected = new Map<ServiceName, RejectedService>();
  /** All of `#unsupported`; undefined when it has changed. There may be one for every Service. */
  #unsupportedList: readonly UnsupportedFeature[] | undefined;

  constructor(dataplane: Pick<Dataplane, "mode" | "abilities">) {
    this.#dataplane = dataplane;
  }

  has(name: ServiceName): boolean {
    return this.#counts.has(name);
  }

  names(): MapIterator<ServiceName> {
    return this.#counts.names();
  }

  get size(): number {
    return this.#counts.services;
  }

  /** Takes over how a Service is now programmed; undefined when it is not. */
  set(name: ServiceName, service: DesiredService | undefined): void {
    this.#counts.set(name, service);
    this.#rejected.delete(name);
    const unsupported = service === undefined ? [] : findUnsupported(service, this.#dataplane);
    this.#setUnsupported(name, unsupported);
  }

  /** The Service is not programmed. It stays in the report until it is set again. */
  reject(rejected: RejectedService): void {
    this.set(rejected.service, undefined);
    this.#rejected.set(rejected.service, rejected);
  }

  clear(): void {
    this.#counts = new ServiceCounts();
    this.#unsupported.clear();
    this.#unsupportedList = undefined;
    this.#rejected.clear();
  }

  report(): Omit<ModeReport, "mode" | "scope" | "changes"> {
    const { services, servicePorts, endpoints } = this.#counts;
    return {
      services,
      servicePorts,
      endpoints,
      unsupported: (this.#unsupportedList ??= [...this.#unsupported.values()].flat()),
      rejected: [...this.#rejected.values()],
    };
  }

  #setUnsupported(name: ServiceName, unsupported: readonly UnsupportedFeature[]): void {
    if (isDeepStrictEqual(this.#unsupported.get(name) ?? [], unsupported)) return;
    this.#unsupportedList = undefined;
    if (unsupported.length === 0) this.#unsupported.delete(name);
    else this.#unsupported.set(name, unsupported);
  }
}
