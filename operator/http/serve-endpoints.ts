import { serveHttp, type RouteHandler } from "../../platform/http/serve.ts";
import type { Logger } from "../../platform/log.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { OperatorOptions } from "../options.ts";

/**
 * Serves /healthz, /livez and /readyz on one address and /metrics on the other, until `signal` aborts. A replica is
 * ready once it has listed the cluster, leader or not: it has the rights and the connection that a leader needs.
 *
 * @throws {TerminalError} for an address that cannot be listened on
 */
export async function serveEndpoints(
  { healthAddress, metricsAddress }: Pick<OperatorOptions, "healthAddress" | "metricsAddress">,
  {
    isReady,
    telemetry,
    log,
    signal,
  }: {
    readonly isReady: () => boolean;
    readonly telemetry: Metrics;
    readonly log: Logger;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const ready: RouteHandler = (_request, response) => {
    if (isReady()) response.end("ok\n");
    else response.writeHead(503).end("waiting for the first lists from the API server\n");
  };
  const metrics: RouteHandler = (request, response) => telemetry.handler(request, response);
  const health = await serveHttp({
    address: healthAddress,
    routes: { "/healthz": alive, "/livez": alive, "/readyz": ready },
    log,
    signal,
  });
  const scrape = await serveHttp({ address: metricsAddress, routes: { "/metrics": metrics }, log, signal });
  log.info({ healthPort: health.port, metricsPort: scrape.port }, "serving health and metrics");
}

const alive: RouteHandler = (_request, response) => {
  response.end("ok\n");
};
