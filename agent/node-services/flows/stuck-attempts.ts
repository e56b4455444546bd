import { socketKey } from "../../../platform/ip/socket-address.ts";
import type { DesiredService } from "../../services/desired-state.ts";
import type { FlowGroup } from "../../kernel/conntrack/flow-group.ts";
import { isTranslated } from "./stale-flows.ts";

/**
 * The attempts to connect to TCP frontends of `services` that left the node untranslated, because there was no rule when
 * they began: they get no answer, and the kernel keeps sending them to the untranslated address. Each once, in the order of the Services.
 *
 * @param attempts Connections without an answer so far.
 */
export function findStuckAttempts(
  services: Iterable<DesiredService>,
  attempts: Iterable<FlowGroup>,
): readonly FlowGroup[] {
  const untranslated = new Map<string, FlowGroup>();
  for (const attempt of attempts) {
    if (!isTranslated(attempt)) untranslated.set(socketKey(attempt.destination), attempt);
  }
  // As good as always.
  if (untranslated.size === 0) return [];
  const frontends = new Set<string>();
  for (const { ports } of services) {
    for (const port of ports) {
      if (port.protocol === "TCP") port.frontends.forEach((frontend) => frontends.add(socketKey(frontend)));
    }
  }
  return [...untranslated].filter(([key]) => frontends.has(key)).map(([, attempt]) => attempt);
}
