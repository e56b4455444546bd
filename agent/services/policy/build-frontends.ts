import type { IpFamily } from "../../../platform/ip/address.ts";
import { allowedSources } from "./allowed-sources.ts";
import type { AddressClaim } from "../addresses/address-claims.ts";
import type { Frontend, Route } from "../desired-state.ts";
import type { KeptService } from "../catalog/kept-service.ts";
import type { NodeAddresses } from "../node-facts.ts";

/** The frontends of one service port in one family, in the order of the claims. */
export function buildFrontends(
  claims: readonly AddressClaim[],
  service: KeptService,
  family: IpFamily,
  primary: NodeAddresses["primary"],
): readonly Frontend[] {
  const sources = allowedSources(service, family, primary);
  return claims.map(({ kind, address, port }) => ({
    kind,
    address,
    port,
    route: routeOf(kind, service),
    allowedSources: kind === "loadBalancerIP" ? sources : undefined,
  }));
}

/** internalTrafficPolicy is about clusterIPs only, externalTrafficPolicy about all other addresses only. */
function routeOf(kind: Frontend["kind"], service: KeptService): Route {
  if (kind === "clusterIP") return { kind: service.internalPolicyLocal ? "local" : "cluster" };
  return { kind: service.externalPolicyLocal ? "externalLocal" : "cluster" };
}
