import type { ServerResponse } from "node:http";
import type { RouteHandler } from "../../platform/http/serve.ts";
import type { HealthMetrics } from "../metrics/health-metrics.ts";
import {
  type HealthFacts,
  type HealthReport,
  judgeHealthz,
  judgeLivez,
  judgeReadyz,
} from "../status/judge-health.ts";

/** `/healthz` for load balancers, `/livez` and `/readyz` for the kubelet; each answers with a JSON report. */
export function createHealthRoutes({
  collectFacts,
  metrics,
}: {
  readonly collectFacts: () => HealthFacts;
  readonly metrics: HealthMetrics;
}): Readonly<Record<string, RouteHandler>> {
  return {
    "/healthz": (_, response) => {
      const report = judgeHealthz(collectFacts());
      metrics.count("healthz", report.statusCode);
      send(response, report);
    },
    "/livez": (_, response) => {
      const report = judgeLivez(collectFacts());
      metrics.count("livez", report.statusCode);
      send(response, report);
    },
    "/readyz": (_, response) => send(response, judgeReadyz(collectFacts())),
  };
}

function send(response: ServerResponse, { statusCode, body }: HealthReport): void {
  response.writeHead(statusCode, {
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
  });
  response.end(`${JSON.stringify(body)}\n`);
}
