import type { ProxyConfig } from "../../../crds/api.ts";

/** Agents write their status at least every minute; three missed writes mean that it is gone. */
export const agentSilenceMs = 180_000;

/** Reason of a node whose agent does not report. */
export const agentSilent = "AgentSilent";

/**
 * What the operator itself has observed of an agent's heartbeat. The time in a heartbeat is from the node's clock, which may be
 * wrong, so only a change of it is a sign of life.
 */
export interface HeartbeatObservation {
  /** How long it has stayed the same while the API server was reachable, in milliseconds. */
  readonly unchangedMs: number;
  /** Whether this operator has seen it change; an operator that has just started to watch has not. */
  readonly seenChanging: boolean;
}

/** Of an agent whose heartbeat has not been observed yet. */
export const unseenHeartbeat: HeartbeatObservation = { unchangedMs: 0, seenChanging: false };

/**
 * Whether the agent is gone. A new operator gives every agent the full time, except those that an earlier operator found
 * silent: these must show that they are back.
 */
export function isSilent(
  { unchangedMs, seenChanging }: HeartbeatObservation,
  { listedSilent }: { readonly listedSilent: boolean },
): boolean {
  return unchangedMs >= agentSilenceMs || (listedSilent && !seenChanging);
}

/**
 * Nodes that the ProxyConfigs list as silent: this memory survives a change of the leader. A full list omits further
 * nodes, which then count as silent only after the full time.
 */
export function nodesListedSilent(proxyConfigs: readonly ProxyConfig[]): ReadonlySet<string> {
  const failing = proxyConfigs.flatMap(({ status }) => status?.failing ?? []);
  return new Set(failing.filter(({ reason }) => reason === agentSilent).map(({ node }) => node));
}
