import type { Condition, NodeProxyStatus } from "../../crds/api.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import type { SyncSuccess } from "../sync/sync-outcome.ts";
import type { AgentFacts } from "./agent-facts.ts";
import { buildConditions } from "./build-conditions.ts";
import { listUnsupported } from "./list-unsupported.ts";
import { formatTime } from "../../platform/kube/time.ts";
import { cutText } from "../../platform/text/cut-text.ts";

const longestList = 20;

/**
 * The status of the node's NodeProxy. `observedRevision` is the revision that is in the kernel.
 *
 * @param conditions the conditions written last, for the times of their transitions
 * @param nowIso time of writing, RFC 3339
 */
export function buildStatus(
  facts: AgentFacts,
  conditions: readonly Condition[],
  nowIso: string,
): NodeProxyStatus {
  const { lastSuccess, latency, drift } = facts;
  return {
    agentVersion: facts.agentVersion,
    heartbeatAt: nowIso,
    capabilities: buildCapabilities(facts),
    ...(lastSuccess === undefined ? {} : buildRunning(lastSuccess, facts.problems)),
    ...(latency === undefined ? {} : { programmingLatency: latency }),
    ...(drift === undefined ? {} : { drift: drift.status }),
    conditions: buildConditions(facts, conditions, nowIso),
  };
}

/**
 * The parts whose change triggers a write; the others are written along with the next one. External changes trigger at most
 * one write in ten seconds.
 */
export function significantPart(status: NodeProxyStatus): object {
  const {
    heartbeatAt: _at,
    lastSync: _sync,
    programmingLatency: _latency,
    services,
    runningModes,
    drift,
    ...rest
  } = status;
  return {
    ...rest,
    runningModes: runningModes?.map(({ mode }) => mode),
    unsupported: services?.unsupported,
    unsupportedTotal: services?.unsupportedTotal,
    driftAt: drift?.lastAt?.slice(0, "2026-01-01T00:00:0".length),
  };
}

function buildCapabilities({ tools, missing }: AgentFacts): NonNullable<NodeProxyStatus["capabilities"]> {
  const { kernel, versions } = tools;
  const { nft } = versions;
  return {
    kernel: cutText(kernel, 128),
    ...(nft === undefined ? {} : { nft: cutText(nft, 64) }),
    missing: [...missing]
      .flatMap(([mode, what]) => what.map((item) => ({ mode, what: cutText(item, 512) })))
      .slice(0, longestList),
  };
}

function buildRunning(
  { settings, mode, modes, fallbackReason, report, at, durationMs, scope }: SyncSuccess,
  problems: readonly ServiceProblem[],
): Partial<NodeProxyStatus> {
  const unsupported = listUnsupported(report, problems);
  return {
    observedRevision: settings.revision,
    runningMode: mode,
    runningModes: modes,
    ...(fallbackReason === undefined ? {} : { fallbackReason: cutText(fallbackReason, 1024) }),
    services: {
      servicePorts: report.servicePorts,
      endpoints: report.endpoints,
      unsupported: unsupported.slice(0, longestList),
      unsupportedTotal: unsupported.length,
    },
    lastSync: {
      at: formatTime(at),
      durationMilliseconds: Math.round(durationMs * 1000) / 1000,
      kind: scope === "full" ? "Full" : "Partial",
      changes: report.changes,
    },
  };
}
