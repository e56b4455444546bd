import type { ProxyConfig } from "../../../crds/api.ts";

/** Agents write their status at least every minute; three missed writes mean that it is gone. */
export const agentSilenceMs = 180_000;

/** Reason of a node whose agent does not report. */
export const agentSilent = "AgentSilent";

/**
 * What the operator itself has seen of an agent's heartbeat. The time that stands in a heartbeat is of the node's clock,
 * which may be wrong, so only that it changes is a sign of life.
 */
export interface HeartbeatObservation {
  /** For how long it has stayed the same while the API server was heard, in milliseconds. */
  readonly unchangedMs: number;
  /** Whether this operator has seen it change; an operator that has just begun to watch has not. */
  readonly seenChanging: boolean;
}

/** Of an agent whose heartbeat has not been observed yet. */
export const unseenHeartbeat: HeartbeatObservation = { unchangedMs: 0, seenChanging: false };

/**
 * Whether the agent is gone. A new observer gives every agent the full time, except those that an earlier one has found
 * silent: these have to show that they are back.
 */
export function isSilent(
  { unchangedMs, seenChanging }: HeartbeatObservation,
  { listedSilent }: { readonly listedSilent: boolean },
): boolean {
  return unchangedMs >= agentSilenceMs || (listedSilent && !seenChanging);
}

/**
 * Nodes that the ProxyConfigs list as silent: the memory that outlives an operator. A full list hides further ones, which
 * then count as silent only after the full time.
 */
export function nodesListedSilent(proxyConfigs: readonly ProxyConfig[]): ReadonlySet<string> {
  const failing = proxyConfigs.flatMap(({ status }) => status?.failing ?? []);
  return new Set(failing.filter(({ reason }) => reason === agentSilent).map(({ node }) => node));
}
