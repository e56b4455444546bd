import { apiGroup, type NodeProxySpec, type ProxyMode } from "../../crds/api.ts";
import type { RouteHandler } from "../../platform/http/serve.ts";

/**
 * The paths of kube-proxy's metrics address: `/metrics`, `/proxyMode`, `/configz`, and a `/healthz` that is always ok. Where
 * several modes run, `/proxyMode` has one on each line, the main one first.
 */
export function createMetricsRoutes({
  metricsHandler,
  runningModes,
  settings,
}: {
  readonly metricsHandler: RouteHandler;
  /** The main one first; empty before the first successful sync. */
  readonly runningModes: () => readonly ProxyMode[];
  /** undefined while the settings are not known. */
  readonly settings: () => NodeProxySpec | undefined;
}): Readonly<Record<string, RouteHandler>> {
  return {
    "/metrics": metricsHandler,
    "/proxyMode": (_, response) => {
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(runningModes().join("\n"));
    },
    "/configz": (_, response) => {
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(`${JSON.stringify({ [apiGroup]: settings() ?? {} })}\n`);
    },
    "/healthz": (_, response) => {
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end("ok");
    },
  };
}
