import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Clock } from "../../../platform/async/clock.ts";
import { familyOf } from "../../../platform/ip/address.ts";
import type { OpenListener } from "../listener-set.ts";
import type { SocketAddress } from "../../../platform/ip/socket-address.ts";

/** Clients of one relay at the same time; a further one takes the place of the one that was silent for longest. */
const maxClients = 1_024;
/** As the kernel's nf_conntrack_udp_timeout_stream. */
const idleMs = 120_000;
const sweepMs = 30_000;

/**
 * Carries UDP packets that arrive at `listen` to `target`, which is asked for each new client, and the answers back. Each
 * client has a socket of its own, until it is silent for two minutes or the target differs.
 *
 * @throws when `listen` is already in use
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
  readonly #server: Socket;
  /** By source address and port, least recently seen first. */
  readonly #clients = new Map<string, Client>();
  readonly #end = new AbortController();

  constructor(listen: SocketAddress, target: () => SocketAddress, clock: Clock) {
    this.#listen = listen;
    this.#target = target;
    this.#clock = clock;
    this.#server = createSocket({ type: socketType(listen), ipv6Only: familyOf(listen.address) === "IPv6" });
  }

  async open(): Promise<void> {
    this.#server.bind({ address: this.#listen.address, port: this.#listen.port, exclusive: true });
    try {
      await once(this.#server, "listening");
    } catch (error) {
      // Unlike a server of node:net it keeps its file descriptor.
      this.#server.close();
      throw error;
    }
    this.#server.on("message", (packet, from) => this.#carry(packet, from));
    ignoreErrors(this.#server);
    void this.#sweep();
  }

  async close(): Promise<void> {
    this.#end.abort();
    for (const key of this.#clients.keys()) this.#forget(key);
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }

  #carry(packet: Buffer, from: RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    const target = this.#target();
    const known = this.#clients.get(key);
    const isCurrent = known?.target.address === target.address && known.target.port === target.port;
    if (!isCurrent) this.#forget(key);
    const client = isCurrent ? known : this.#connect(from, target);
    this.#clients.delete(key);
    this.#clients.set(key, client);
    client.lastPacketMs = this.#clock.monotonicMs();
    client.upstream.send(packet, target.port, target.address);
  }

  #connect(from: RemoteInfo, target: SocketAddress): Client {
    const [longestSilent] = this.#clients.keys();
    if (this.#clients.size >= maxClients && longestSilent !== undefined) this.#forget(longestSilent);
    const upstream = createSocket(socketType(target));
    ignoreErrors(upstream);
    const client = { upstream, target, lastPacketMs: this.#clock.monotonicMs() };
    upstream.on("message", (packet, { address, port }) => {
      if (address !== target.address || port !== target.port) return;
      client.lastPacketMs = this.#clock.monotonicMs();
      this.#server.send(packet, from.port, from.address);
    });
    return client;
  }

  #forget(key: string): void {
    this.#clients.get(key)?.upstream.close();
    this.#clients.delete(key);
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#clock.sleep(sweepMs, signal);
      const oldestMs = this.#clock.monotonicMs() - idleMs;
      for (const [key, { lastPacketMs }] of this.#clients) {
        if (lastPacketMs <= oldestMs) this.#forget(key);
      }
    }
  }
}

function socketType({ address }: SocketAddress): "udp4" | "udp6" {
  return familyOf(address) === "IPv6" ? "udp6" : "udp4";
}

/** UDP may lose packets: one that cannot be sent is one of them. */
function ignoreErrors(socket: Socket): void {
  socket.on("error", () => {});
}
