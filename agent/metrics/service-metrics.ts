import { errorMessage } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import type { PassingCounter } from "../../platform/telemetry/passing-counters.ts";
import type { DesiredState } from "../services/desired-state.ts";
import { splitServicePortName } from "../services/service-port-name.ts";
import { ConnectionTotals } from "./connection-totals.ts";
import type { FrontendCounters } from "./frontend-counters.ts";

/**
 * Connections to the busiest service ports.
 *
 * @param options.size how many service ports are shown
 * @param options.desired undefined before the first sync
 */
export function createServiceConnections({
  size,
  counters,
  desired,
  log,
}: {
  readonly size: number;
  readonly counters: FrontendCounters;
  readonly desired: () => DesiredState | undefined;
  readonly log: Logger;
}): PassingCounter {
  const totals = new ConnectionTotals();
  let problem: string | undefined;

  async function update(state: DesiredState): Promise<void> {
    try {
      totals.update(await counters.reading(), state.services.values());
      problem = undefined;
    } catch (error) {
      const reason = errorMessage(error);
      if (reason !== problem) log.warn({ reason }, "connections of Services could not be counted");
      problem = reason;
    }
  }

  return {
    name: "kubesteer_service_connections",
    description: `Connections to the ${size} busiest service ports, both IP families`,
    async read() {
      const state = desired();
      if (state !== undefined) await update(state);
      return totals.top(size).map(({ name, connections }) => ({
        labels: splitServicePortName(name),
        value: connections,
      }));
    },
  };
}
