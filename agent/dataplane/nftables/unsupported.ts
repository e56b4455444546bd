import type { DesiredService } from "../../services/desired-state.ts";
import type { UnsupportedFeature } from "../dataplane.ts";

/** What a Service asks for and does not get from this mode. */
export function unsupportedFeatures({ name, ports }: DesiredService): readonly UnsupportedFeature[] {
  if (!ports.some(({ algorithm }) => algorithm === "LeastConnection")) return [];
  return [
    {
      service: name,
      feature: "scheduling.algorithm LeastConnection",
      reason: "nftables cannot compare how many connections endpoints hold; served as Random",
    },
  ];
}
