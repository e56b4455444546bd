import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { errorMessage, TerminalError } from "../errors.ts";
import type { Logger } from "../log.ts";

export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface HttpServer {
  /** Differs from the requested port if that was 0. */
  readonly port: number;
  /** Resolves when the server is closed. */
  readonly closed: Promise<void>;
}

/**
 * Serves a few paths for probes and scrapes, with GET and HEAD. A path matches exactly and without its query; a path that ends
 * in a slash matches everything below it. If a handler fails, the answer is 500. Closes all connections when `signal` aborts.
 *
 * @param options.address `host:port` or `[ipv6]:port`; port 0 selects any free port
 * @throws {TerminalError} with the address if it is invalid or the program cannot listen on it
 */
export async function serveHttp({
  address,
  routes,
  log,
  signal,
}: {
  readonly address: string;
  readonly routes: Readonly<Record<string, RouteHandler>>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void answer(request, response, routes, log);
  });
  const { host, port } = parseListenAddress(address);
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new TerminalError(`cannot listen on ${address}: ${errorMessage(error)}`, {
      hint: "Choose an address of this host and a port that no other program uses.",
      cause: error,
    });
  }
  // For example too many open files when accepting a connection; the next one may succeed.
  server.on("error", (error) => log.error({ error, address }, "accepting a connection failed"));
  const closed = once(server, "close").then(() => undefined);
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
  const bound = server.address();
  return { port: typeof bound === "object" && bound !== null ? bound.port : port, closed };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Readonly<Record<string, RouteHandler>>,
  log: Logger,
): Promise<void> {
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const handler = findHandler(routes, path);
  try {
    if (handler === undefined) respond(response, 404, "not found\n");
    else if (request.method === "GET" || request.method === "HEAD") await handler(request, response);
    else respond(response, 405, "only GET and HEAD\n");
  } catch (error) {
    log.error({ error, path }, "answering an HTTP request failed");
    if (response.headersSent) response.destroy();
    else respond(response, 500, "internal error\n");
  }
}

function findHandler(routes: Readonly<Record<string, RouteHandler>>, path: string): RouteHandler | undefined {
  if (Object.hasOwn(routes, path)) return routes[path];
  const below = Object.keys(routes).find((route) => route.endsWith("/") && path.startsWith(route));
  return below === undefined ? undefined : routes[below];
}

function respond(response: ServerResponse, statusCode: number, text: string): void {
  response.writeHead(statusCode, { "content-type": "text/plain; charset=utf-8" }).end(text);
}

function parseListenAddress(address: string): { readonly host: string; readonly port: number } {
  const url = URL.parse(`http://${address}`);
  const port = /:([0-9]{1,5})$/.exec(address)?.[1];
  if (url === null || url.host === "" || port === undefined || `${url.pathname}${url.search}` !== "/") {
    throw new TerminalError(`cannot listen on ${JSON.stringify(address)}`, {
      hint: "Write host:port, such as 127.0.0.1:10249 or [::1]:10249.",
    });
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}
