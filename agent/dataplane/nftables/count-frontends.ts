import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredService } from "../../services/desired-state.ts";
import { ipFamilyOf } from "./build-service.ts";

/** How many elements Services have in the map of frontends of one family. */
export function countFrontends(services: readonly DesiredService[], family: NftFamily): number {
  return services.reduce((sum, service) => sum + frontendsOf(service, family), 0);
}

function frontendsOf({ ports }: DesiredService, family: NftFamily): number {
  const ofFamily = ports.filter((port) => port.family === ipFamilyOf[family]);
  return ofFamily.reduce((sum, { frontends }) => sum + frontends.length, 0);
}
