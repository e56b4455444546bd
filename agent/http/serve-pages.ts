import type { NodeProxySpec, ProxyMode } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Logger } from "../../platform/log.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { FrontendCounters } from "../metrics/frontend-counters.ts";
import { rateLimited } from "../../platform/async/rate-limited.ts";
import { createServiceRoutes } from "./service-routes.ts";
import { createHealthRoutes } from "./health-routes.ts";
import type { HealthFacts } from "../status/judge-health.ts";
import { keepServing } from "../../platform/http/keep-serving.ts";
import { createHealthMetrics } from "../metrics/health-metrics.ts";
import { createMetricsRoutes } from "./metrics-routes.ts";
import type { AgentOptions } from "../options.ts";
import type { DesiredState } from "../services/desired-state.ts";
import type { ConnectionCounts } from "../services/endpoints/endpoint-connections.ts";

export interface PagesDeps {
  readonly options: Pick<AgentOptions, "healthAddress" | "metricsAddress">;
  readonly metrics: Metrics;
  readonly counters: FrontendCounters;
  readonly countConnections: () => Promise<ConnectionCounts>;
  readonly healthFacts: () => HealthFacts;
  readonly runningMode: () => ProxyMode | undefined;
  readonly settingsInForce: () => NodeProxySpec | undefined;
  readonly desired: () => DesiredState | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves the pages of an agent on its two addresses until `signal` aborts. Never rejects. */
export async function servePages(deps: PagesDeps, signal: AbortSignal): Promise<void> {
  const { options, metrics, counters, clock, log } = deps;
  const healthRoutes = createHealthRoutes({
    collectFacts: deps.healthFacts,
    metrics: createHealthMetrics(metrics.meter),
  });
  const metricsRoutes = createMetricsRoutes({
    metricsHandler: (request, response) => metrics.handler(request, response),
    runningMode: deps.runningMode,
    settings: deps.settingsInForce,
  });
  const serviceRoutes = createServiceRoutes({
    desired: deps.desired,
    counters,
    countConnections: rateLimited(deps.countConnections, clock),
  });
  await Promise.all([
    keepServing({ address: options.healthAddress, routes: healthRoutes, clock, log, signal }),
    keepServing({
      address: options.metricsAddress,
      routes: { ...metricsRoutes, ...serviceRoutes },
      clock,
      log,
      signal,
    }),
  ]);
}
