import { familyOf, type IpAddress } from "../../../platform/ip/address.ts";
import type { Port, ServiceName } from "../../services/desired-state.ts";
import type { HealthCheckNodePort } from "../../services/endpoints/health-check-node-port.ts";

/** A server that answers for one Service on one address of the node. */
export interface HealthCheckListener {
  readonly service: ServiceName;
  readonly address: IpAddress;
  readonly port: Port;
}

/**
 * The listeners of one Service, by a key that says all about each. Only on addresses of the Service's own families: the others
 * have no endpoints to tell of.
 */
export function planListeners(
  service: ServiceName,
  healthCheck: HealthCheckNodePort | undefined,
  addresses: readonly IpAddress[],
): ReadonlyMap<string, HealthCheckListener> {
  if (healthCheck === undefined) return new Map();
  const { port, localReadyEndpoints } = healthCheck;
  return new Map(
    addresses
      .filter((address) => localReadyEndpoints[familyOf(address)] !== undefined)
      .map((address) => [`${service} ${address} ${port}`, { service, address, port }]),
  );
}
