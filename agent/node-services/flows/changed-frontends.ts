import { type SocketAddress, socketKey } from "../../../platform/ip/socket-address.ts";
import type { ServiceName } from "../../services/desired-state.ts";
import type { UdpServicePort } from "../../services/catalog/udp-service-ports.ts";
import type { Frontends, FrontendState } from "./stale-flows.ts";

type UdpServicePorts = ReadonlyMap<ServiceName, readonly UdpServicePort[]>;

/** A frontend whose flows have to be looked at. */
export interface ChangedFrontend {
  readonly frontend: SocketAddress;
  /** The Service that has it, or had it last. */
  readonly service: ServiceName;
}

/** Remembers which UDP frontends each Service had, to know those that it has lost. */
export class ChangedFrontends {
  readonly #known = new Map<ServiceName, readonly SocketAddress[]>();

  /**
   * The frontends that the Services have, or had at the last call that named them, by {@link socketKey}.
   *
   * @param services those whose UDP ports differ from the last call
   */
  settle(services: Iterable<ServiceName>, current: UdpServicePorts): ReadonlyMap<string, ChangedFrontend> {
    const names = [...services];
    const lost = names.flatMap((name) => withService(name, this.#known.get(name) ?? []));
    for (const name of names) this.#remember(name, current);
    const present = names.flatMap((name) => withService(name, this.#known.get(name) ?? []));
    // In this order: what one Service has lost, another one may have taken.
    return new Map([...lost, ...present].map((changed) => [socketKey(changed.frontend), changed]));
  }

  #remember(name: ServiceName, current: UdpServicePorts): void {
    const frontends = current.get(name)?.flatMap((port) => port.frontends);
    if (frontends === undefined) this.#known.delete(name);
    else this.#known.set(name, frontends);
  }
}

/** What may become of the flows to these frontends, by what their Services are now. */
export function judgeFrontends(
  changed: ReadonlyMap<string, ChangedFrontend>,
  current: UdpServicePorts,
): Frontends {
  const states = new Map<string, FrontendState>();
  for (const [key, { service }] of changed) {
    const ports = current.get(service) ?? [];
    const port = ports.find(({ frontends }) => frontends.some((own) => socketKey(own) === key));
    states.set(key, port === undefined ? { kind: "removed" } : { kind: "served", endpoints: port.endpoints });
  }
  return states;
}

function withService(service: ServiceName, frontends: readonly SocketAddress[]): readonly ChangedFrontend[] {
  return frontends.map((frontend) => ({ frontend, service }));
}
