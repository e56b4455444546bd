import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Clock } from "../../platform/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { familyOf, type IpAddress, type IpFamily } from "../../platform/ip/address.ts";
import type { Logger } from "../../platform/log.ts";
import { Doorbell } from "../doorbell.ts";
import type { Port, ServiceName } from "../services/desired-state.ts";
import type { HealthCheckNodePort } from "../services/service-catalog.ts";
import { answerHealthCheck } from "./health-check-answer.ts";

const retryMs = 5_000;

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
  readonly #doorbell: Doorbell;
  readonly #servers = new Map<string, Server>();
  readonly #failed = new Set<string>();
  #ports: ReadonlyMap<ServiceName, HealthCheckNodePort> = new Map();
  #addresses: readonly IpAddress[] = [];

  constructor(deps: HealthCheckDeps) {
    this.#deps = deps;
    this.#doorbell = new Doorbell(deps.clock);
  }

  /**
   * What is to be answered from now on.
   *
   * @param ports read again for each answer
   * @param addresses the node's addresses that accept NodePorts
   */
  set(ports: ReadonlyMap<ServiceName, HealthCheckNodePort>, addresses: readonly IpAddress[]): void {
    this.#ports = ports;
    this.#addresses = addresses;
    this.#doorbell.ring();
  }

  /** Serves until `signal` aborts. Never rejects: an address that cannot be had is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#doorbell.wait(this.#failed.size > 0 ? retryMs : Infinity, signal);
      await this.#reconcile(signal.aborted ? new Map() : this.#wantedListeners());
    }
  }

  #wantedListeners(): ReadonlyMap<string, Listener> {
    const listeners = [...this.#ports].flatMap(([service, { port, localReadyEndpoints }]) =>
      this.#addresses
        .filter((address) => localReadyEndpoints[familyOf(address)] !== undefined)
        .map((address) => ({ service, address, port })),
    );
    return new Map(listeners.map((listener) => [listenerKey(listener), listener]));
  }

  async #reconcile(wanted: ReadonlyMap<string, Listener>): Promise<void> {
    for (const key of this.#failed) {
      if (!wanted.has(key)) this.#failed.delete(key);
    }
    // Closing first: a Service may get a port that another one has given up.
    const leaving = [...this.#servers].filter(([key]) => !wanted.has(key));
    await Promise.all(leaving.map(([key, server]) => this.#close(key, server)));
    const missing = [...wanted].filter(([key]) => !this.#servers.has(key));
    await Promise.all(missing.map(([key, listener]) => this.#open(key, listener)));
  }

  async #open(key: string, { service, address, port }: Listener): Promise<void> {
    const { log, onListenFailure } = this.#deps;
    const server = createServer((_, response) => this.#answer(service, familyOf(address), response));
    try {
      server.listen({ host: address, port, ipv6Only: true });
      await once(server, "listening");
      this.#servers.set(key, server);
      this.#failed.delete(key);
      log.info({ service, address, port }, "opened a health check node port");
    } catch (error) {
      const isNew = !this.#failed.has(key);
      this.#failed.add(key);
      if (isNew) onListenFailure(service, `Cannot listen on ${address} port ${port}: ${errorMessage(error)}`);
    }
  }

  async #close(key: string, server: Server): Promise<void> {
    this.#servers.delete(key);
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    this.#deps.log.info({ healthCheckNodePort: key }, "closed a health check node port");
  }

  #answer(service: ServiceName, family: IpFamily, response: ServerResponse): void {
    const localEndpoints = this.#ports.get(service)?.localReadyEndpoints[family] ?? 0;
    const isProxyHealthy = this.#deps.isProxyHealthy();
    const { statusCode, headers, body } = answerHealthCheck({ service, localEndpoints, isProxyHealthy });
    response.writeHead(statusCode, headers).end(body);
  }
}

function listenerKey({ service, address, port }: Listener): string {
  return `${service} ${address} ${port}`;
}
