import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Clock } from "../../platform/clock.ts";
import { familyOf } from "../../platform/ip/address.ts";
import type { OpenListener } from "../listener-set.ts";
import type { SocketAddress } from "../services/udp-service-ports.ts";

/** Clients of one relay at the same time; a further one takes the place of the one that was silent for longest. */
const maxClients = 1_024;
/** As the kernel's nf_conntrack_udp_timeout_stream. */
const idleMs = 120_000;
const sweepMs = 30_000;

/**
 * Carries UDP packets that arrive at `listen` to `target`, which is asked for each new client, and the answers back. Each
 * client has a socket of its own, until it is silent for two minutes or the target differs.
 *
 * @throws when `listen` cannot be had
 */
export async function openUdpRelay(
  listen: SocketAddress,
  target: () => SocketAddress,
  clock: Clock,
): Promise<OpenListener> {
  const relay = new UdpRelay(listen, target, clock);
  await relay.open();
  return relay;
}

interface Client {
  readonly upstream: Socket;
  readonly target: SocketAddress;
  lastPacketMs: number;
}

class UdpRelay implements OpenListener {
  readonly #listen: SocketAddress;
  readonly #target: () => SocketAddress;
  readonly #clock: Clock;
  readonly #server = createSocket({ type: "udp6", ipv6Only: true });
  /** By source port, least recently seen first: all of them have the address ::1. */
  readonly #clients = new Map<number, Client>();
  readonly #end = new AbortController();

  constructor(listen: SocketAddress, target: () => SocketAddress, clock: Clock) {
    this.#listen = listen;
    this.#target = target;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    this.#server.bind({ address: this.#listen.address, port: this.#listen.port, exclusive: true });
    await once(this.#server, "listening");
    this.#server.on("message", (packet, { port }) => this.#carry(packet, port));
    ignoreErrors(this.#server);
    void this.#sweep();
  }

  async close(): Promise<void> {
    this.#end.abort();
    for (const port of this.#clients.keys()) this.#forget(port);
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #carry(packet: Buffer, port: number): void {
    const target = this.#target();
    const known = this.#clients.get(port);
    const isCurrent = known?.target.address === target.address && known.target.port === target.port;
    if (!isCurrent) this.#forget(port);
    const client = isCurrent ? known : this.#connect(port, target);
    this.#clients.delete(port);
    this.#clients.set(port, client);
    client.lastPacketMs = this.#clock.monotonicMs();
    client.upstream.send(packet, target.port, target.address);
  }

  #connect(port: number, target: SocketAddress): Client {
    const [longestSilent] = this.#clients.keys();
    if (this.#clients.size >= maxClients && longestSilent !== undefined) this.#forget(longestSilent);
    const upstream = createSocket(familyOf(target.address) === "IPv6" ? "udp6" : "udp4");
    ignoreErrors(upstream);
    const client = { upstream, target, lastPacketMs: this.#clock.monotonicMs() };
    upstream.on("message", (packet, from) => {
      if (from.address !== target.address || from.port !== target.port) return;
      client.lastPacketMs = this.#clock.monotonicMs();
      this.#server.send(packet, port, this.#listen.address);
    });
    return client;
  }

  #forget(port: number): void {
    this.#clients.get(port)?.upstream.close();
    this.#clients.delete(port);
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#clock.sleep(sweepMs, signal);
      const oldestMs = this.#clock.monotonicMs() - idleMs;
      for (const [port, { lastPacketMs }] of this.#clients) {
        if (lastPacketMs <= oldestMs) this.#forget(port);
      }
    }
  }
}

/** UDP may lose packets: one that cannot be sent is one of them. */
function ignoreErrors(socket: Socket): void {
  socket.on("error", () => {});
}
