import { assertNever } from "../../../platform/assert-never.ts";
import type { Clock } from "../../../platform/async/clock.ts";
import type { Logger } from "../../../platform/log.ts";
import { ListenerSet, type OpenListener } from "../listener-set.ts";
import type { ServiceName } from "../../services/desired-state.ts";
import type { LocalhostNodePort } from "../../services/addresses/localhost-node-ports.ts";
import { serviceProblem, type ServiceProblem } from "../../services/service-problem.ts";
import { openTcpRelay } from "./tcp-relay.ts";
import { openUdpRelay } from "./udp-relay.ts";

export interface LoopbackRelaysDeps {
  /** {@link LoopbackRelays.problems} differ from before. */
  readonly onProblemsChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Relay extends LocalhostNodePort {
  readonly service: ServiceName;
}

/**
 * NodePorts on 127.0.0.1 and [::1]: sockets of this process that carry the traffic to the Service, and end with it. The
 * kernel is no help here: for IPv4 it needs route_localnet, which lets the neighbours of the node reach what listens on its
 * loopback addresses (CVE-2020-8558); for IPv6 it drops the answers (RFC 4291 section 2.5.3).
 */
export class LoopbackRelays {
  readonly #deps: LoopbackRelaysDeps;
  readonly #listeners: ListenerSet<string>;
  #relays: ReadonlyMap<string, Relay> = new Map();

  constructor(deps: LoopbackRelaysDeps) {
    this.#deps = deps;
    this.#listeners = new ListenerSet({
      open: (key) => this.#open(key),
      onFailure: (key, reason) => {
        deps.log.warn({ relay: key, reason }, "cannot serve a NodePort on a loopback address");
        deps.onProblemsChange();
      },
      onRecovery: () => deps.onProblemsChange(),
      clock: deps.clock,
    });
  }

  /** What is to be served from now on. */
  set(nodePorts: ReadonlyMap<ServiceName, readonly LocalhostNodePort[]>): void {
    if (nodePorts.size === 0 && this.#relays.size === 0) return;
    const relays = [...nodePorts].flatMap(([service, ports]) => ports.map((port) => ({ service, ...port })));
    this.#relays = new Map(relays.map((relay) => [relayKey(relay), relay]));
    this.#listeners.set(new Map([...this.#relays.keys()].map((key) => [key, key])));
  }

  /** NodePorts on loopback addresses that are not served, and why. */
  problems(): readonly ServiceProblem[] {
    return [...this.#listeners.failures].flatMap(([key, reason]) => {
      const relay = this.#relays.get(key);
      if (relay === undefined) return [];
      const explanation = `not served on this loopback address: ${reason}`;
      return [serviceProblem(relay.service, "spec.ports.nodePort", key, explanation)];
    });
  }

  /** Serves until `signal` aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void> {
    return this.#listeners.run(signal);
  }

  async #open(key: string): Promise<OpenListener> {
    const relay = this.#relays.get(key);
    if (relay === undefined) throw new Error("the NodePort is gone");
    const { protocol, listen } = relay;
    // A relay stays open when its target changes: the newest one counts.
    const target = () => this.#relays.get(key)?.target ?? relay.target;
    switch (protocol) {
      case "TCP":
        return await openTcpRelay(listen, target);
      case "UDP":
        return await openUdpRelay(listen, target, this.#deps.clock);
      case "SCTP":
        throw new Error("there is no relay for SCTP");
      default:
        return assertNever(protocol);
    }
  }
}

function relayKey({ protocol, listen }: LocalhostNodePort): string {
  return `${protocol} ${listen.address} port ${listen.port}`;
}
