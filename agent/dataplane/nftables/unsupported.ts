import type { DesiredService } from "../../services/desired-state.ts";
import type { UnsupportedFeature } from "../dataplane.ts";
import type { LostFrontend } from "./frontend-claims.ts";

/** What a Service asks for and does not get from this mode. */
export function unsupportedFeatures(
  service: DesiredService,
  lost: readonly LostFrontend[],
): readonly UnsupportedFeature[] {
  const leastConnection = service.ports.some(({ algorithm }) => algorithm === "LeastConnection");
  return [
    ...(leastConnection
      ? [
          {
            service: service.name,
            feature: "scheduling.algorithm LeastConnection",
            reason: "nftables cannot compare how many connections endpoints hold; served as Random",
          },
        ]
      : []),
    ...lost.map(({ frontend, port, owner }) => ({
      service: service.name,
      feature: `${frontend.kind} ${frontend.address} port ${frontend.port}/${port.protocol}`,
      reason: `${owner} already has this address and port`,
    })),
  ];
}
