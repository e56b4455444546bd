import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { nodeAddress } from "../cluster/simulated-cluster.ts";
import { answeringCIDR, endpointPort, servicePort } from "../cluster/workload.ts";

const attemptTimeoutMs = 50;

/** Turns this network namespace into a node whose probed endpoints answer: connections to them end in this process. */
export class ServiceProbe {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ServiceProbe> {
    await execa("ip", ["-batch", "-"], {
      input: [
        "link set lo up",
        "link add uplink type veth peer name nowhere",
        `address add ${nodeAddress}/24 dev uplink`,
        "link set uplink up arp off",
        "link set nowhere up arp off",
        "route add default dev uplink",
        `route add local ${answeringCIDR} dev lo`,
      ].join("\n"),
    });
    const server = createServer((socket) => socket.on("error", () => {}).end());
    server.listen(endpointPort, "0.0.0.0");
    await once(server, "listening");
    return new ServiceProbe(server);
  }

  /**
   * Resolves to the `performance.now()` at which a new connection to the Service first succeeded. Each attempt is a new
   * connection, one every 5 ms.
   * @throws Error if none succeeds in time
   */
  async untilReachable(clusterIP: string, timeoutMs: number): Promise<number> {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      if (await isReachable(clusterIP, attemptTimeoutMs)) return performance.now();
      await delay(5);
    }
    throw new Error(`${clusterIP} was not reachable within ${timeoutMs / 1000} s`);
  }

  close(): void {
    this.#server.close();
  }
}

/** Whether a new connection to the Service is accepted in time. */
export function isReachable(clusterIP: string, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: clusterIP, port: servicePort });
  const finish = (reached: boolean): void => {
    socket.destroy();
    resolve(reached);
  };
  socket.setTimeout(timeoutMs, () => finish(false));
  socket.once("connect", () => finish(true)).on("error", () => finish(false));
  return promise;
}
