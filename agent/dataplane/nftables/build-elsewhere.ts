import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredService } from "../../services/desired-state.ts";
import { emptyRuleset, ipFamilyOf } from "./build-service.ts";
import { containers } from "./names.ts";
import { quote } from "./quote.ts";
import type { ServiceRuleset } from "./ruleset.ts";

/**
 * What a Service that another mode serves has in the table of one family: its addresses, which the rules let pass.
 * @throws {NftQuoteError} when an address cannot be written in the nft language
 */
export function buildElsewhere({ ports }: DesiredService, family: NftFamily): ServiceRuleset {
  const ofFamily = ports.filter((port) => port.family === ipFamilyOf[family]);
  const addresses = new Set(ofFamily.flatMap(({ frontends }) => frontends.map(({ address }) => address)));
  return {
    ...emptyRuleset,
    elements: [...addresses].map((address) => ({
      container: containers.elsewhere,
      key: quote("address", address, family),
      data: undefined,
    })),
  };
}
