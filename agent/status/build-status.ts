import type { Condition, NodeProxySpec, NodeProxyStatus } from "../../crds/api.ts";
import type { DriftFacts } from "../drift/drift-guard.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import type { MissingRequirements } from "../sync/choose-mode.ts";
import type { SyncFailure, SyncSuccess } from "../sync/sync-outcome.ts";
import { buildConditions } from "./build-conditions.ts";
import { listUnsupported } from "./list-unsupported.ts";
import { formatTime } from "../../platform/kube/time.ts";

/** Everything the agent knows that its NodeProxy tells. */
export interface AgentFacts {
  readonly agentVersion: string;
  /** Kernel release and version of nft, where known. */
  readonly tools: { readonly kernel: string; readonly nft: string | undefined };
  /** metadata.generation of the NodeProxy the settings come from. */
  readonly generation: number | undefined;
  /** The newest settings that can be used, whether or not they are in force; undefined while there have been none. */
  readonly settings: NodeProxySpec | undefined;
  /** Why those of the NodeProxy are not these, without a full stop; undefined when they are. */
  readonly unusable: string | undefined;
  /** The newest successful sync; undefined before the first. */
  readonly lastSuccess: SyncSuccess | undefined;
  /** The newest sync, if it failed. */
  readonly failure: SyncFailure | undefined;
  /** What has to arrive before anything is written to the kernel; empty when all is there. */
  readonly waitingFor: readonly string[];
  /** What has to arrive before `settings` come into force, while earlier ones are; empty when they have. */
  readonly settingsWaitFor: readonly string[];
  /** Why the node can run no mode of `settings`, while earlier ones stay in force, without a full stop; undefined when it can. */
  readonly modeProblem: string | undefined;
  /** Of when the Services are that stand in for those of the API server, milliseconds since the epoch; undefined when none do. */
  readonly staleSinceMs: number | undefined;
  readonly missing: MissingRequirements;
  readonly problems: readonly ServiceProblem[];
  /** What the node lacks to serve all Services well, each one clause without a full stop. */
  readonly nodeProblems: readonly string[];
  /** Time from an API event to the kernel; undefined while nothing was measured. */
  readonly latency: NodeProxyStatus["programmingLatency"];
  /** Changes that others made; undefined where the mode cannot tell. */
  readonly drift: DriftFacts | undefined;
}

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
 * The parts whose change is worth a write of its own; the others go along with the next one. Changes that others make are, but
 * not more than one in ten seconds.
 */
export function significantPart(status: NodeProxyStatus): object {
  const {
    heartbeatAt: _at,
    lastSync: _sync,
    programmingLatency: _latency,
    services,
    drift,
    ...rest
  } = status;
  return {
    ...rest,
    unsupported: services?.unsupported,
    unsupportedTotal: services?.unsupportedTotal,
    driftAt: drift?.lastAt?.slice(0, "2026-01-01T00:00:0".length),
  };
}

function buildCapabilities({ tools, missing }: AgentFacts): NonNullable<NodeProxyStatus["capabilities"]> {
  const { kernel, nft } = tools;
  return {
    kernel: kernel.slice(0, 128),
    ...(nft === undefined ? {} : { nft: nft.slice(0, 64) }),
    missing: [...missing]
      .flatMap(([mode, what]) => what.map((item) => ({ mode, what: item.slice(0, 512) })))
      .slice(0, longestList),
  };
}

function buildRunning(
  { settings, mode, fallbackReason, report, at, durationMs, scope }: SyncSuccess,
  problems: readonly ServiceProblem[],
): Partial<NodeProxyStatus> {
  const unsupported = listUnsupported(report, problems);
  return {
    observedRevision: settings.revision,
    runningMode: mode,
    ...(fallbackReason === undefined ? {} : { fallbackReason: fallbackReason.slice(0, 1024) }),
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
