import type { ProxyMode } from "../../crds/api.ts";
import type { RejectedService } from "../dataplane/dataplane.ts";
import type { SyncScope } from "../dataplane/mode-report.ts";
import type { ServiceName } from "../services/desired-state.ts";

/** Which mode refused which Service, until a sync tries it again. */
export class Refusals {
  readonly #modes = new Map<ProxyMode, Map<ServiceName, RejectedService>>();

  /** These Services are tried again. */
  forget(scope: SyncScope): void {
    if (scope.kind === "full") this.#modes.clear();
    else
      for (const name of scope.services) for (const services of this.#modes.values()) services.delete(name);
  }

  add(mode: ProxyMode, rejected: readonly RejectedService[]): void {
    const services = this.#modes.get(mode) ?? new Map<ServiceName, RejectedService>();
    for (const refused of rejected) services.set(refused.service, refused);
    this.#modes.set(mode, services);
  }

  has(mode: ProxyMode, service: ServiceName): boolean {
    return this.#modes.get(mode)?.has(service) === true;
  }

  of(mode: ProxyMode): readonly RejectedService[] {
    return [...(this.#modes.get(mode)?.values() ?? [])];
  }
}
