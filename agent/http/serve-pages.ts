import type { Clock } from "../../platform/async/clock.ts";
import { rateLimited } from "../../platform/async/rate-limited.ts";
import { keepServing } from "../../platform/http/keep-serving.ts";
import type { Logger } from "../../platform/log.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import type { FrontendCounters } from "../metrics/frontend-counters.ts";
import { createHealthMetrics } from "../metrics/health-metrics.ts";
import { observeServices } from "../metrics/observe-services.ts";
import type { AgentOptions } from "../options.ts";
import type { ConnectionCounts } from "../services/endpoints/endpoint-connections.ts";
import type { FactCollector } from "../status/fact-collector.ts";
import { createHealthRoutes } from "./health-routes.ts";
import { createMetricsRoutes } from "./metrics-routes.ts";
import { createServiceRoutes } from "./service-routes.ts";

export interface PagesDeps {
  readonly options: Pick<AgentOptions, "healthAddress" | "metricsAddress" | "serviceMetrics">;
  readonly metrics: Metrics;
  readonly facts: FactCollector;
  readonly serving: ServingModes;
  readonly countConnections: () => Promise<ConnectionCounts>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves the pages of an agent on its two addresses until `signal` aborts. Never rejects. */
export async function servePages(deps: PagesDeps, signal: AbortSignal): Promise<void> {
  const { options, metrics, facts, serving, clock, log } = deps;
  const healthRoutes = createHealthRoutes({
    collectFacts: () => facts.healthFacts(),
    metrics: createHealthMetrics(metrics.meter),
  });
  const metricsRoutes = createMetricsRoutes({
    metricsHandler: (request, response) => metrics.handler(request, response),
    runningModes: () => serving.running().map(({ mode }) => mode),
    settings: () => facts.currentSettings(),
  });
  const serviceRoutes = createServiceRoutes({
    desired: () => facts.desired(),
    serving,
    counters: observe(deps),
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

function observe({ options, metrics, facts, serving, clock, log }: PagesDeps): FrontendCounters {
  return observeServices({
    metrics,
    serviceMetrics: options.serviceMetrics,
    serving,
    lastSuccess: () => facts.lastSuccess(),
    desired: () => facts.desired(),
    problemCount: () => facts.problems().length,
    staleSinceMs: () => facts.staleSinceMs(),
    clock,
    log,
  });
}
