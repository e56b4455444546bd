import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { OpenListener } from "../listener-set.ts";
import type { SocketAddress } from "../../../platform/ip/socket-address.ts";

/** Connections of one relay at the same time; more are closed at once. */
const maxConnections = 4_096;

/**
 * Carries TCP connections that arrive at `listen` to `target`, which is asked for each connection. Either side may close its
 * half first; a connection that cannot be carried on is reset.
 *
 * @throws when `listen` is already in use
 */
export async function openTcpRelay(
  listen: SocketAddress,
  target: () => SocketAddress,
): Promise<OpenListener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const { address, port } = target();
    const upstream = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    join(client, upstream);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
  });
  server.maxConnections = maxConnections;
  server.listen({ host: listen.address, port: listen.port, ipv6Only: true });
  await once(server, "listening");
  // One connection could not be accepted, as when the process has no file descriptor left; others will be.
  server.on("error", () => {});
  return {
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) reset(socket);
      await closed;
    },
  };
}

function join(client: Socket, upstream: Socket): void {
  const abort = () => {
    reset(client);
    reset(upstream);
  };
  client.on("error", abort);
  upstream.on("error", abort);
  client.pipe(upstream).pipe(client);
}

/** The other end must not take an abort for the end of the data. */
function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
