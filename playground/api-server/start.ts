import { once, setMaxListeners } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { systemClock } from "../../platform/async/clock.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";
import { silentLogger, type Logger } from "../../platform/log.ts";
import { createClusterObjects } from "./bootstrap.ts";
import { handleRequest } from "./http/handle-request.ts";
import { Registry } from "./registry/registry.ts";
import { openJournal } from "./storage/journal.ts";
import { ObjectStore } from "./storage/object-store.ts";

/** Options of {@link startApiServer}. */
export interface ApiServerOptions {
  /** TCP port; 0 selects a free one. */
  readonly port: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** Additional Unix socket, for clients in other network namespaces. */
  readonly socketPath?: string;
  /** Directory that keeps objects and recent history across restarts; without it, everything is in memory only. */
  readonly dataDir?: string;
  /** Ranges of cluster IPs, the preferred family first. @default 10.96.0.0/16 and fd00:10:96::/112 */
  readonly serviceCIDRs?: readonly string[];
  /** Number of latest changes from which watches can resume. @default 10000 */
  readonly watchHistory?: number;
  /** @default silent */
  readonly log?: Logger;
}

/** A running server. */
export interface ApiServer {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly port: number;
  /** Ends watches and closes connections and files. */
  close(): Promise<void>;
}

const defaultServiceCIDRs = ["10.96.0.0/16", "fd00:10:96::/112"];

/** Starts a Kubernetes API server for development: plain HTTP, no authentication. Resolves when it answers. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { host = "127.0.0.1", socketPath, dataDir, log = silentLogger, watchHistory = 10_000 } = options;
  const serviceCIDRs = (options.serviceCIDRs ?? defaultServiceCIDRs).map((cidr) => parseCidr(cidr));
  const journal =
    dataDir === undefined ? undefined : openJournal(join(dataDir, "journal.jsonl"), watchHistory);
  const store = new ObjectStore({
    historyLength: watchHistory,
    ...(journal === undefined ? {} : { initial: journal.state, log: journal }),
  });
  const registry = new Registry({ store, serviceCIDRs, clock: systemClock });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const context = { registry, log, signal: stop.signal, now: () => systemClock.now() };
  const serve = (): Server =>
    createServer(
      { keepAliveTimeout: 120_000 },
      (request, response) => void handleRequest(request, response, context),
    );
  const servers: Server[] = [serve()];
  const port = await listen(servers[0] ?? serve(), { host, port: options.port });
  createClusterObjects(registry, { serviceCIDRs, apiPort: port });
  if (socketPath !== undefined) {
    rmSync(socketPath, { force: true });
    const server = serve();
    servers.push(server);
    await listen(server, { path: socketPath });
  }
  log.info({ host, port, objects: [...store.all()].length }, "API server is listening");
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    close: async () => {
      stop.abort();
      registry.close();
      await Promise.all(servers.map(closeServer));
      journal?.close();
    },
  };
}

async function listen(
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<number> {
  server.listen(where);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
