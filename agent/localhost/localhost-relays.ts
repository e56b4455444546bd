import { assertNever } from "../../platform/assert-never.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/log.ts";
import { ListenerSet, type OpenListener } from "../listener-set.ts";
import type { DesiredService, ServiceName } from "../services/desired-state.ts";
import { serviceProblem, type ServiceProblem } from "../services/service-problem.ts";
import { planRelays, type RelayPlan } from "./plan-relays.ts";
import { openTcpRelay } from "./tcp-relay.ts";
import { openUdpRelay } from "./udp-relay.ts";

export interface LocalhostRelaysDeps {
  /** {@link LocalhostRelays.problems} differ from before. */
  readonly onProblemsChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * NodePorts on [::1], which the kernel cannot serve: sockets of this process that carry the traffic to the Service. They end
 * with the agent.
 */
export class LocalhostRelays {
  readonly #deps: LocalhostRelaysDeps;
  readonly #listeners: ListenerSet<string>;
  readonly #plansByService = new Map<ServiceName, readonly RelayPlan[]>();
  #plans: ReadonlyMap<string, RelayPlan> = new Map();

  constructor(deps: LocalhostRelaysDeps) {
    this.#deps = deps;
    this.#listeners = new ListenerSet({
      open: (key) => this.#open(key),
      onFailure: (key, reason) => {
        deps.log.warn({ relay: key, reason }, "cannot serve a NodePort on [::1]");
        deps.onProblemsChange();
      },
      onRecovery: () => deps.onProblemsChange(),
      clock: deps.clock,
    });
  }

  /** Takes up what the Services need now. `services` may have changed, appeared or vanished. */
  update(services: Iterable<ServiceName>, desired: ReadonlyMap<ServiceName, DesiredService>): void {
    let differs = false;
    for (const name of services) {
      const service = desired.get(name);
      const plans = service === undefined ? [] : planRelays(service);
      differs ||= plans.length > 0 || this.#plansByService.has(name);
      if (plans.length > 0) this.#plansByService.set(name, plans);
      else this.#plansByService.delete(name);
    }
    if (!differs) return;
    const plans = [...this.#plansByService.values()].flat();
    this.#plans = new Map(plans.map((plan) => [relayKey(plan), plan]));
    this.#listeners.set(new Map([...this.#plans.keys()].map((key) => [key, key])));
  }

  /** NodePorts on [::1] that nobody answers, and why. */
  problems(): readonly ServiceProblem[] {
    return [...this.#listeners.failures].flatMap(([key, reason]) => {
      const plan = this.#plans.get(key);
      if (plan === undefined) return [];
      const value = `${plan.protocol} [::1] port ${plan.listen.port}`;
      return [serviceProblem(plan.service, "spec.ports.nodePort", value, `not served on [::1]: ${reason}`)];
    });
  }

  /** Serves until `signal` aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void> {
    return this.#listeners.run(signal);
  }

  async #open(key: string): Promise<OpenListener> {
    const plan = this.#plans.get(key);
    if (plan === undefined) throw new Error("the NodePort is gone");
    // A relay stays open when its target changes: the newest plan counts.
    const target = () => this.#plans.get(key)?.target ?? plan.target;
    switch (plan.protocol) {
      case "TCP":
        return await openTcpRelay(plan.listen, target);
      case "UDP":
        return await openUdpRelay(plan.listen, target, this.#deps.clock);
      case "SCTP":
        throw new Error("no relay for SCTP");
      default:
        return assertNever(plan.protocol);
    }
  }
}

function relayKey({ protocol, listen }: RelayPlan): string {
  return `${protocol} ${listen.address} ${listen.port}`;
}
