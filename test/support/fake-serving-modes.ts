import type { ServingModes } from "../../agent/dataplane/serving-modes.ts";
import type { DesiredService, ServiceName } from "../../agent/services/desired-state.ts";
import type { FakeDataplane } from "./fake-dataplane.ts";

/** Modes that serve what they hold, the first one everything that no other holds. */
export function makeServingModes(...dataplanes: readonly FakeDataplane[]): ServingModes {
  const of = (service: ServiceName) => dataplanes.find(({ held }) => held.has(service)) ?? dataplanes[0];
  return {
    running: () => dataplanes,
    of,
    servicesOf: (mode): ReadonlyMap<ServiceName, DesiredService> =>
      dataplanes.find((dataplane) => dataplane.mode === mode)?.held ?? new Map(),
  };
}
