import { familyOf } from "../../platform/ip/address.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { SocketAddress, UdpServicePort } from "../services/udp-service-ports.ts";
import { frontendKey, type Frontends, type FrontendState } from "./stale-flows.ts";

/** Remembers which UDP frontends each Service had, to know those that it has lost. */
export class ChangedFrontends {
  readonly #known = new Map<ServiceName, readonly SocketAddress[]>();

  /**
   * What has become of the frontends that the Services have, or had at the last call that named them.
   *
   * @param services those whose UDP ports differ from the last call
   */
  settle(
    services: Iterable<ServiceName>,
    current: ReadonlyMap<ServiceName, readonly UdpServicePort[]>,
  ): Frontends {
    const names = [...services];
    const ports = names.flatMap((name) => current.get(name) ?? []);
    const lost = names.flatMap((name) => this.#known.get(name) ?? []);
    for (const name of names) this.#remember(name, current.get(name) ?? []);
    const states = new Map<string, FrontendState>();
    // In this order: what one Service has lost, another one may have taken.
    for (const frontend of lost) {
      states.set(frontendKey(frontend), { kind: "removed", family: familyOf(frontend.address) });
    }
    for (const { frontends, endpoints } of ports) {
      for (const frontend of frontends) {
        const family = familyOf(frontend.address);
        states.set(frontendKey(frontend), { kind: "served", family, endpoints });
      }
    }
    return states;
  }

  #remember(name: ServiceName, ports: readonly UdpServicePort[]): void {
    if (ports.length === 0) this.#known.delete(name);
    else
      this.#known.set(
        name,
        ports.flatMap(({ frontends }) => frontends),
      );
  }
}
