import type { Meter } from "@opentelemetry/api";
import { errorMessage } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import type { DesiredState } from "../services/desired-state.ts";
import { splitServicePortName } from "../services/service-port-name.ts";
import { ConnectionTotals } from "./connection-totals.ts";
import type { FrontendCounters } from "./frontend-counters.ts";

/**
 * Connections to the busiest service ports, read when somebody asks for the metrics.
 *
 * @param options.size how many service ports are shown
 * @param options.desired undefined before the first sync
 */
export function observeServiceConnections(
  meter: Meter,
  {
    size,
    counters,
    desired,
    log,
  }: {
    readonly size: number;
    readonly counters: FrontendCounters;
    readonly desired: () => DesiredState | undefined;
    readonly log: Logger;
  },
): void {
  const totals = new ConnectionTotals();
  let problem: string | undefined;
  meter
    .createObservableCounter("kubesteer_service_connections", {
      description: `Connections to the ${size} busiest service ports, both IP families`,
    })
    .addCallback(async (result) => {
      const state = desired();
      if (state === undefined) return;
      try {
        totals.update(await counters.reading(), state.services.values());
        problem = undefined;
      } catch (error) {
        const reason = errorMessage(error);
        if (reason !== problem) log.warn({ reason }, "connections of Services could not be counted");
        problem = reason;
      }
      for (const { name, connections } of totals.top(size)) {
        result.observe(connections, splitServicePortName(name));
      }
    });
}
