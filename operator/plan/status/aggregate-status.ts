import type { ProxyConfigStatus, ProxyMode } from "../../../crds/api.ts";
import { buildConditions } from "./build-conditions.ts";
import type { ConfigFacts } from "../config-facts.ts";
import type { NodeVerdict } from "../nodes/judge-node.ts";
import { failingNode, longestFailingList, rankFailing } from "./rank-failing.ts";
import { rolloutMessage } from "../rollout/rollout-message.ts";

/** The status of a ProxyConfig, complete: what is not in it is no longer so. */
export function aggregateStatus(facts: ConfigFacts): ProxyConfigStatus {
  const { proxyConfig, verdicts, rollout } = facts;
  const message = rolloutMessage(rollout);
  const failing = rankFailing(verdicts).slice(0, longestFailingList);
  return {
    ...(proxyConfig.metadata.generation !== undefined && {
      observedGeneration: proxyConfig.metadata.generation,
    }),
    conditions: buildConditions(facts),
    ...revisions(facts),
    nodes: countNodes(facts),
    modes: countModes(verdicts),
    rollout: {
      stage: rollout.stage,
      ...(rollout.startedAt !== undefined && { startedAt: rollout.startedAt }),
      ...(message !== undefined && { message }),
    },
    failing: failing.map(failingNode),
  };
}

function revisions({ proxyConfig: { status }, revision, verdicts, rollout }: ConfigFacts) {
  const allReady = verdicts.length > 0 && verdicts.every(({ health }) => health === "ready");
  const currentRevision = rollout.phase === "complete" ? revision : status?.currentRevision;
  const lastGoodRevision = allReady ? revision : status?.lastGoodRevision;
  return {
    ...(currentRevision !== undefined && { currentRevision }),
    updateRevision: revision,
    ...(lastGoodRevision !== undefined && { lastGoodRevision }),
  };
}

function countNodes({ verdicts, overridden }: ConfigFacts): NonNullable<ProxyConfigStatus["nodes"]> {
  const count = (matches: (verdict: NodeVerdict) => boolean) => verdicts.filter(matches).length;
  return {
    selected: verdicts.length,
    updated: count(({ updated }) => updated),
    ready: count(({ health }) => health === "ready"),
    failed: count(({ health }) => health === "failed" || health === "silent"),
    unsupported: count(({ health }) => health === "unsupported"),
    degraded: count(({ degraded }) => degraded !== undefined),
    drifted: count(({ drifted }) => drifted),
    overridden: overridden.length,
  };
}

function countModes(verdicts: readonly NodeVerdict[]): NonNullable<ProxyConfigStatus["modes"]> {
  const counts = new Map<ProxyMode, number>();
  for (const { runningMode } of verdicts) {
    if (runningMode !== undefined) counts.set(runningMode, (counts.get(runningMode) ?? 0) + 1);
  }
  return [...counts].map(([mode, nodes]) => ({ mode, nodes })).toSorted((a, b) => (a.mode < b.mode ? -1 : 1));
}
