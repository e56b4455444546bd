import { transportKey } from "../../../platform/ip/socket-address.ts";
import type { DesiredService } from "../../services/desired-state.ts";

/**
 * The Service `before` without the frontends that `after` does not have. Once all Services of a change are programmed like
 * this, each can be changed to its `after` alone, because no two of them share a frontend.
 */
export function withoutLostFrontends(
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
