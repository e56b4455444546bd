import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { Clock } from "../../platform/clock.ts";
import { familyOf, type IpAddress, type IpFamily } from "../../platform/ip/address.ts";
import type { Logger } from "../../platform/log.ts";
import { ListenerSet, type OpenListener } from "../listener-set.ts";
import type { Port, ServiceName } from "../services/desired-state.ts";
import type { HealthCheckNodePort } from "../services/service-catalog.ts";
import { answerHealthCheck } from "./health-check-answer.ts";

export interface HealthCheckDeps {
  /** Whether the kernel follows the cluster, whatever becomes of the node itself. */
  readonly isProxyHealthy: () => boolean;
  /** A listener could not be opened; told once until it is open. */
  readonly onListenFailure: (service: ServiceName, message: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Listener {
  readonly service: ServiceName;
  readonly address: IpAddress;
  readonly port: Port;
}

/**
 * Answers load balancers that ask which nodes have endpoints of a Service with externalTrafficPolicy Local: an HTTP server
 * for each such Service on each node address that accepts NodePorts.
 */
export class HealthCheckNodePorts {
  readonly #deps: HealthCheckDeps;
  readonly #listeners: ListenerSet<Listener>;
  #ports: ReadonlyMap<ServiceName, HealthCheckNodePort> = new Map();

  constructor(deps: HealthCheckDeps) {
    this.#deps = deps;
    this.#listeners = new ListenerSet({
      open: (listener) => this.#open(listener),
      onFailure: ({ service, address, port }, reason) =>
        deps.onListenFailure(service, `Cannot listen on ${address} port ${port}: ${reason}`),
      clock: deps.clock,
    });
  }

  /**
   * What is to be answered from now on.
   *
   * @param ports read again for each answer
   * @param addresses the node's addresses that accept NodePorts
   */
  set(ports: ReadonlyMap<ServiceName, HealthCheckNodePort>, addresses: readonly IpAddress[]): void {
    this.#ports = ports;
    this.#listeners.set(planListeners(ports, addresses));
  }

  /** Serves until `signal` aborts. Never rejects: an address that cannot be had is tried again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#listeners.run(signal);
  }

  async #open({ service, address, port }: Listener): Promise<OpenListener> {
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

/** Only addresses of the Service's own families: the others have no endpoints to tell of. */
function planListeners(
  ports: ReadonlyMap<ServiceName, HealthCheckNodePort>,
  addresses: readonly IpAddress[],
): ReadonlyMap<string, Listener> {
  const listeners = [...ports].flatMap(([service, { port, localReadyEndpoints }]) =>
    addresses
      .filter((address) => localReadyEndpoints[familyOf(address)] !== undefined)
      .map((address) => ({ service, address, port })),
  );
  return new Map(
    listeners.map((listener) => [`${listener.service} ${listener.address} ${listener.port}`, listener]),
  );
}
