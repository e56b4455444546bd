import type { ProxyMode } from "../../crds/api.ts";
import { describeMeanwhile } from "./stale-services.ts";
import type { NodePresence } from "../node/node-presence.ts";

/** The input of the health endpoints' answers. */
export interface HealthFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** End of the newest successful sync, milliseconds since the epoch; undefined before the first. */
  readonly lastSyncAt: number | undefined;
  /** How long the oldest change has been waiting for the kernel, in milliseconds; undefined when none does. */
  readonly oldestChangeMs: number | undefined;
  /** What has to arrive before anything is written to the kernel; empty when all is there. */
  readonly waitingFor: readonly string[];
  /** When the Services were stored that are served until the API server answers, milliseconds since the epoch; else undefined. */
  readonly staleSinceMs: number | undefined;
  readonly failure:
    { readonly reason: "ModeUnsupported" | "SyncFailed"; readonly message: string } | undefined;
  /** Modes besides the main one that fail. */
  readonly failingModes: readonly { readonly mode: ProxyMode; readonly message: string }[];
  readonly node: NodePresence;
}

export interface HealthReport {
  readonly statusCode: 200 | 503;
  readonly body: HealthBody;
}

/** The first three fields are those of kube-proxy's answer. */
export interface HealthBody {
  /** Now when healthy, else the time of the newest successful sync; the epoch before the first. */
  readonly lastUpdated: string;
  readonly currentTime: string;
  readonly nodeEligible: boolean;
  readonly healthy: boolean;
  /** The kernel has the rules of an earlier run, if any, or those of Services that an earlier run has stored. */
  readonly stale: boolean;
  /** When the stored Services were stored; only while they are served. */
  readonly staleSince?: string;
  /** Everything that is wrong. */
  readonly messages: readonly string[];
}

/** Twice kube-proxy's sync period: a change that waits for longer is late. */
const lateAfterMs = 60_000;

/**
 * For load balancers: whether this node should get traffic. False while the agent does not know what to program: a node that
 * has just booted has no rules at all.
 */
export function judgeHealthz(facts: HealthFacts): HealthReport {
  const nodeMessage = ineligible(facts);
  const cannotStart = facts.lastSyncAt === undefined && facts.waitingFor.length > 0;
  return report(facts, {
    healthy: nodeMessage === undefined && !cannotStart && !isLate(facts),
    nodeEligible: nodeMessage === undefined,
    messages: [...(nodeMessage === undefined ? [] : [nodeMessage]), ...syncMessages(facts)],
  });
}

/**
 * For the kubelet: false only where a restart may help. It does not help where the node lacks what the mode needs, nor while
 * the agent waits for the API server or the settings.
 */
export function judgeLivez(facts: HealthFacts): HealthReport {
  const restartHelps = facts.failure?.reason !== "ModeUnsupported" && facts.waitingFor.length === 0;
  return report(facts, {
    healthy: !restartHelps || !isLate(facts),
    nodeEligible: ineligible(facts) === undefined,
    messages: syncMessages(facts),
  });
}

/** Whether the first sync has been done. */
export function judgeReadyz(facts: HealthFacts): HealthReport {
  return report(facts, {
    healthy: facts.lastSyncAt !== undefined,
    nodeEligible: ineligible(facts) === undefined,
    messages: syncMessages(facts),
  });
}

function report(
  { now, lastSyncAt, staleSinceMs }: HealthFacts,
  verdict: Pick<HealthBody, "healthy" | "nodeEligible" | "messages">,
): HealthReport {
  return {
    statusCode: verdict.healthy ? 200 : 503,
    body: {
      lastUpdated: new Date(verdict.healthy ? now : (lastSyncAt ?? 0)).toISOString(),
      currentTime: new Date(now).toISOString(),
      stale: lastSyncAt === undefined || staleSinceMs !== undefined,
      ...(staleSinceMs === undefined ? {} : { staleSince: new Date(staleSinceMs).toISOString() }),
      ...verdict,
    },
  };
}

/** Whether the kernel follows the cluster, whatever the state of the node itself: for health check node ports. */
export function isProxyHealthy(facts: HealthFacts): boolean {
  return !isLate(facts);
}

function isLate({ oldestChangeMs }: HealthFacts): boolean {
  return (oldestChangeMs ?? 0) > lateAfterMs;
}

/** Without the API server the node cannot have been asked to leave: it serves what was stored. */
function ineligible({ node, staleSinceMs }: HealthFacts): string | undefined {
  if (node.kind === "present") return node.leaving;
  if (node.kind === "unknown" && staleSinceMs !== undefined) return undefined;
  return node.kind === "absent"
    ? "the Node does not exist"
    : "the Node has not been read from the API server yet";
}

function syncMessages(facts: HealthFacts): readonly string[] {
  const { waitingFor, staleSinceMs, failure, lastSyncAt, oldestChangeMs = 0 } = facts;
  const messages: string[] = [];
  if (waitingFor.length > 0) {
    messages.push(`waiting for ${waitingFor.join(" and ")}; until then ${describeMeanwhile(staleSinceMs)}`);
  } else if (lastSyncAt === undefined && failure === undefined) {
    messages.push("the first sync is not done yet");
  }
  if (failure !== undefined) messages.push(failure.message);
  messages.push(...facts.failingModes.map(({ mode, message }) => `mode ${mode}: ${message}`));
  if (isLate(facts)) {
    messages.push(`a change has been waiting for the kernel for ${Math.floor(oldestChangeMs / 1000)} s`);
  }
  return messages;
}
