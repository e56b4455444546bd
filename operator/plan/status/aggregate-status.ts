import type { ProxyConfigStatus, ProxyMode } from "../../../crds/api.ts";
import { cutText } from "../../../platform/text/cut-text.ts";
import { buildConditions } from "./build-conditions.ts";
import type { ConfigFacts } from "../config-facts.ts";
import { isReady, type NodeVerdict } from "../nodes/judge-node.ts";
import { failingNode, longestFailingList, rankFailing } from "./rank-failing.ts";
import { rolloutMessage } from "../rollout/rollout-message.ts";

/** As the schema has it. */
const longestMessage = 1024;

/** The complete status of a ProxyConfig: fields that are not in it are removed. */
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
      ...rollout.state,
      ...(message !== undefined && { message: cutText(message, longestMessage) }),
    },
    failing: failing.map(failingNode),
  };
}

/** Each names a stored revision, so not one whose rollout is blocked. */
function revisions({ proxyConfig: { status }, revision, verdicts, rollout }: ConfigFacts) {
  const { phase } = rollout.state;
  const allReady = verdicts.length > 0 && verdicts.every(isReady);
  const currentRevision = phase === "Complete" ? revision : status?.currentRevision;
  const updateRevision = phase === "Blocked" ? status?.updateRevision : revision;
  const lastGoodRevision = allReady ? revision : status?.lastGoodRevision;
  return {
    ...(currentRevision !== undefined && { currentRevision }),
    ...(updateRevision !== undefined && { updateRevision }),
    ...(lastGoodRevision !== undefined && { lastGoodRevision }),
  };
}

function countNodes({ verdicts, overridden }: ConfigFacts): NonNullable<ProxyConfigStatus["nodes"]> {
  const count = (matches: (verdict: NodeVerdict) => boolean) => verdicts.filter(matches).length;
  return {
    selected: verdicts.length,
    updated: count(({ updated, held }) => updated && !held),
    ready: count(isReady),
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
