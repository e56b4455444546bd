import type { Clock } from "../../platform/async/clock.ts";
import type { Logger } from "../../platform/log.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import { FrontendCounters } from "./frontend-counters.ts";
import { readFrontendCounts } from "./read-frontend-counts.ts";
import { createServiceConnections } from "./service-metrics.ts";
import { observeState, type StateSources } from "./state-metrics.ts";

export interface ObservedServices extends StateSources {
  readonly metrics: Metrics;
  /** How many of the busiest service ports have a metric of their own; 0 counts nothing. */
  readonly serviceMetrics: number;
  readonly serving: ServingModes;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Exports metrics of what is served, and returns the counter of its connections. */
export function observeServices(observed: ObservedServices): FrontendCounters {
  const { metrics, serviceMetrics: size, serving, desired, clock, log } = observed;
  observeState(metrics.meter, observed);
  const counters = new FrontendCounters({ read: () => readFrontendCounts(serving), clock });
  if (size > 0) metrics.addPassingCounter(createServiceConnections({ size, counters, desired, log }));
  return counters;
}
