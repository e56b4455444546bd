import { familyOf, type IpFamily } from "../../../platform/ip/address.ts";
import type { KeptEndpointSlice } from "../catalog/kept-endpoint-slice.ts";
import type { KeptService } from "../catalog/kept-service.ts";
import type { Port } from "../desired-state.ts";
import { countLocalReadyEndpoints } from "./count-local-ready-endpoints.ts";

/** What a health check node port needs to answer a load balancer. */
export interface HealthCheckNodePort {
  readonly port: Port;
  /** Distinct addresses of ready endpoints on this node, for the families of the Service. */
  readonly localReadyEndpoints: Readonly<Partial<Record<IpFamily, number>>>;
}

/** Undefined when the Service has no health check node port. */
export function buildHealthCheckNodePort(
  { healthCheckNodePort: port, clusterIPs }: KeptService,
  slices: readonly KeptEndpointSlice[],
  nodeName: string,
): HealthCheckNodePort | undefined {
  if (port === undefined) return undefined;
  const counts = countLocalReadyEndpoints(slices, nodeName);
  const families = clusterIPs.map(familyOf);
  return {
    port,
    localReadyEndpoints: Object.fromEntries(families.map((family) => [family, counts[family]])),
  };
}
