import assert from "node:assert/strict";
import type { ServiceProblem } from "../../../../agent/services/service-problem.ts";
import type { AgentFacts } from "../../../../agent/status/agent-facts.ts";
import { buildStatus } from "../../../../agent/status/build-status.ts";
import type { Condition, NodeProxyStatus } from "../../../../crds/api.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";
import { makeServiceName, makeSyncSuccess } from "../../../support/make-sync-outcome.ts";

/** When the status is built. */
export const now = "2026-01-01T00:01:00Z";

export const noDrift: NonNullable<AgentFacts["drift"]> = {
  status: { detectedTotal: 0 },
  condition: { status: "False", reason: "InStep", message: "Nothing has been changed." },
};

/** Of a node on which all is well. */
export const facts: AgentFacts = {
  agentVersion: "0.1.0",
  tools: { kernel: "6.1.0", versions: { nft: "1.0.6" } },
  generation: 3,
  settings: makeNodeProxySpec({ revision: "r1" }),
  unusable: undefined,
  applied: makeNodeProxySpec({ revision: "r1" }),
  lastSuccess: makeSyncSuccess({ report: { servicePorts: 4, endpoints: 9, changes: 2 } }),
  failure: undefined,
  waitingFor: [],
  settingsWaitFor: [],
  modeProblem: undefined,
  staleSinceMs: undefined,
  missing: new Map(),
  problems: [],
  nodeProblems: [],
  latency: { p50Milliseconds: 2, p99Milliseconds: 9 },
  drift: noDrift,
};

/** The status of a node that differs from that in `change`. */
export function build(change: Partial<AgentFacts>, conditions: readonly Condition[] = []): NodeProxyStatus {
  return buildStatus({ ...facts, ...change }, conditions, now);
}

export function conditionOf(status: NodeProxyStatus, type: string): Condition {
  const condition = status.conditions?.find((candidate) => candidate.type === type);
  assert.ok(condition !== undefined);
  return condition;
}

export function makeProblem(service: string): ServiceProblem {
  return {
    service: makeServiceName(service),
    field: "spec.externalIPs[0]",
    value: '"x"',
    reason: "not an IP",
  };
}

/** Settings that are newer than those of `facts`. */
export const newer = makeNodeProxySpec({ revision: "r2" });
