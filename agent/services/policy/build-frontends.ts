import type { IpFamily } from "../../../platform/ip/address.ts";
import { allowedSources } from "./allowed-sources.ts";
import type { AddressClaim } from "../addresses/address-claims.ts";
import type { Frontend, Verdicts } from "../desired-state.ts";
import type { KeptService } from "../catalog/kept-service.ts";
import type { NodeAddresses } from "../node-facts.ts";

/** What frontends depend on besides their Service. */
export interface FrontendContext {
  readonly family: IpFamily;
  readonly primary: NodeAddresses["primary"];
  readonly verdictsOf: (kind: Frontend["kind"]) => Verdicts;
}

/** The frontends of one service port in one family, in the order of the claims. */
export function buildFrontends(
  claims: readonly AddressClaim[],
  service: KeptService,
  { family, primary, verdictsOf }: FrontendContext,
): readonly Frontend[] {
  const sources = allowedSources(service, family, primary);
  return claims.map(({ kind, address, port }) => ({
    kind,
    address,
    port,
    verdicts: verdictsOf(kind),
    allowedSources: kind === "loadBalancerIP" ? sources : undefined,
  }));
}
