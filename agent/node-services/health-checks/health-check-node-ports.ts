import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { Clock } from "../../../platform/async/clock.ts";
import { familyOf, type IpAddress, type IpFamily } from "../../../platform/ip/address.ts";
import type { Logger } from "../../../platform/log.ts";
import { ListenerSet, type OpenListener } from "../listener-set.ts";
import type { ServiceName } from "../../services/desired-state.ts";
import type { HealthCheckNodePort } from "../../services/endpoints/health-check-node-port.ts";
import { answerHealthCheck } from "./health-check-answer.ts";
import { type HealthCheckListener, planListeners } from "./plan-listeners.ts";

export interface HealthCheckDeps {
  /** Whether the kernel follows the cluster, whatever becomes of the node itself. */
  readonly isProxyHealthy: () => boolean;
  /** A listener could not be opened; reported once until it is open. */
  readonly onListenFailure: (service: ServiceName, message: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface HealthCheckPlan {
  /** Read again for each answer. */
  readonly ports: ReadonlyMap<ServiceName, HealthCheckNodePort>;
  /** The Services whose entry in `ports` differs from the last call. */
  readonly changed: ReadonlySet<ServiceName>;
  /** The node's addresses that accept NodePorts. */
  readonly addresses: readonly IpAddress[];
}

/**
 * Answers load balancers that ask which nodes have endpoints of a Service with externalTrafficPolicy Local: an HTTP server
 * for each such Service on each node address that accepts NodePorts.
 */
export class HealthCheckNodePorts {
  readonly #deps: HealthCheckDeps;
  readonly #listeners: ListenerSet<HealthCheckListener>;
  /** What each Service wants of {@link HealthCheckNodePorts.#listeners}. */
  readonly #planned = new Map<ServiceName, ReadonlyMap<string, HealthCheckListener>>();
  #ports: ReadonlyMap<ServiceName, HealthCheckNodePort> = new Map();
  #addresses: readonly IpAddress[] = [];

  constructor(deps: HealthCheckDeps) {
    this.#deps = deps;
    this.#listeners = new ListenerSet({
      open: (listener) => this.#open(listener),
      onFailure: ({ service, address, port }, reason) =>
        deps.onListenFailure(service, `Cannot listen on ${address} port ${port}: ${reason}`),
      clock: deps.clock,
    });
  }

  /** What is to be answered from now on. Costs as much as has changed, and as all Services do when `addresses` is another list. */
  follow({ ports, changed, addresses }: HealthCheckPlan): void {
    const affected = addresses === this.#addresses ? changed : [...this.#planned.keys(), ...ports.keys()];
    this.#ports = ports;
    this.#addresses = addresses;
    for (const service of affected) this.#plan(service);
  }

  /** Serves until `signal` aborts. Never rejects: an address that is already in use is tried again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#listeners.run(signal);
  }

  #plan(service: ServiceName): void {
    const before = this.#planned.get(service) ?? new Map<string, HealthCheckListener>();
    const after = planListeners(service, this.#ports.get(service), this.#addresses);
    if (after.size > 0) this.#planned.set(service, after);
    else this.#planned.delete(service);
    this.#listeners.replace(before, after);
  }

  async #open({ service, address, port }: HealthCheckListener): Promise<OpenListener> {
    const { log } = this.#deps;
    const server = createServer((_, response) => this.#answer(service, familyOf(address), response));
    server.listen({ host: address, port, ipv6Only: true });
    await once(server, "listening");
    server.on("error", (error) => log.warn({ error, service, address, port }, "health check node port"));
    log.info({ service, address, port }, "opened a health check node port");
    return {
      async close() {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
        log.info({ service, address, port }, "closed a health check node port");
      },
    };
  }

  #answer(service: ServiceName, family: IpFamily, response: ServerResponse): void {
    const localEndpoints = this.#ports.get(service)?.localReadyEndpoints[family] ?? 0;
    const isProxyHealthy = this.#deps.isProxyHealthy();
    const { statusCode, headers, body } = answerHealthCheck({ service, localEndpoints, isProxyHealthy });
    response.writeHead(statusCode, headers).end(body);
  }
}
