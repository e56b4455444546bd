import { transportKey } from "../../../platform/ip/socket-address.ts";
import type { DesiredService } from "../../services/desired-state.ts";

/**
 * A Service on its way from `before` to `after`: as before, without the frontends that it gives up. Once all that change
 * together have come so far, each can take the last step by itself: no two of them have a frontend in common.
 */
export function retreat(
  before: DesiredService,
  after: DesiredService | undefined,
): DesiredService | undefined {
  if (after === undefined) return undefined;
  const kept = new Set(
    after.ports.flatMap((port) => port.frontends.map((frontend) => transportKey(port.protocol, frontend))),
  );
  return {
    ...before,
    ports: before.ports.map((port) => ({
      ...port,
      frontends: port.frontends.filter((frontend) => kept.has(transportKey(port.protocol, frontend))),
    })),
  };
}
