/**
 * The server in a pod: answers TCP (with enough HTTP for curl) and UDP with "<name> <address of the peer> <port asked>".
 * Takes one JSON argument, prints "ready" when it listens everywhere, and ends when its standard input closes.
 * Plain JavaScript without other imports, because many run at once: 45 MB each instead of 65 MB with type stripping.
 *
 *   GET /            answers at once
 *   GET /slow/<ms>   answers after that time
 *   GET /hold        never answers and keeps the connection open
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";

const longestRequest = 16_384;

/** @type {{ name: string, addresses: string[], tcpPorts: number[], udpPorts: number[] }} */
const { name, addresses, tcpPorts, udpPorts } = JSON.parse(process.argv[2] ?? "");

process.stdin.resume().once("end", () => process.exit());
await Promise.all(
  addresses.flatMap((address) => [
    ...tcpPorts.map((port) => listenTcp(address, port)),
    ...udpPorts.map((port) => listenUdp(address, port)),
  ]),
);
process.stdout.write("ready\n");

/** @param {string} address @param {number} port */
async function listenTcp(address, port) {
  const server = createServer(serveConnection);
  server.listen({ host: address, port, backlog: 1024 });
  await once(server, "listening");
}

/** @param {string} address @param {number} port */
async function listenUdp(address, port) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (_message, peer) => {
    socket.send(`${name} ${peer.address} ${port}`, peer.port, peer.address);
  });
  socket.bind(port, address);
  await once(socket, "listening");
}

/** @param {import("node:net").Socket} socket */
function serveConnection(socket) {
  let received = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    received += chunk;
    for (let end = received.indexOf("\r\n\r\n"); end !== -1; end = received.indexOf("\r\n\r\n")) {
      answer(socket, received.slice(0, end));
      received = received.slice(end + 4);
    }
    if (received.length > longestRequest) socket.destroy();
  });
}

/** @param {import("node:net").Socket} socket @param {string} request */
function answer(socket, request) {
  const [, path = "/", version = "HTTP/1.0"] = /^GET (\S+) (HTTP\/1\.[01])/.exec(request) ?? [];
  if (path === "/hold") return;
  const body = `${name} ${socket.remoteAddress} ${socket.localPort}\n`;
  const closes = version === "HTTP/1.0" || /^connection: close$/im.test(request);
  const head = `${version} 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n`;
  const text = `${head}${closes ? "connection: close\r\n" : ""}\r\n${body}`;
  const delayMs = Number(/^\/slow\/(\d{1,6})$/.exec(path)?.[1] ?? 0);
  setTimeout(() => (closes ? socket.end(text) : socket.write(text)), delayMs);
}
