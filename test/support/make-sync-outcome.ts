import type { ServiceName } from "../../agent/services/desired-state.ts";
import { parseServiceName } from "../../agent/services/service-port-name.ts";
import type { ModeFailure } from "../../agent/sync/failing-modes.ts";
import type { RunningMode, SyncReport } from "../../agent/sync/routed-sync.ts";
import type { SyncFailure, SyncSuccess } from "../../agent/sync/sync-outcome.ts";
import { makeNodeProxySpec } from "./make-node-proxy-spec.ts";

export function makeSyncReport(facts: Partial<SyncReport> = {}): SyncReport {
  return { changes: 0, servicePorts: 0, endpoints: 0, unsupported: [], rejected: [], ...facts };
}

export function makeRunningMode(facts: Partial<RunningMode> = {}): RunningMode {
  return { mode: "nftables", services: 0, servicePorts: 0, endpoints: 0, ...facts };
}

/** A full sync of revision r1 in mode nftables, which serves everything that the report has; it took 12 ms. */
export function makeSyncSuccess({
  report: reportFacts = {},
  ...facts
}: Partial<Omit<SyncSuccess, "report">> & { readonly report?: Partial<SyncReport> } = {}): SyncSuccess {
  const report = makeSyncReport(reportFacts);
  const { servicePorts, endpoints } = report;
  return {
    kind: "success",
    settings: makeNodeProxySpec({ revision: "r1" }),
    scope: "full",
    mode: "nftables",
    fallbackReason: undefined,
    at: Date.parse("2026-01-01T00:00:00Z"),
    durationMs: 12,
    changeLatencyMs: undefined,
    triggerTimes: [],
    modes: [makeRunningMode({ mode: facts.mode ?? "nftables", servicePorts, endpoints })],
    refilled: new Set([facts.mode ?? "nftables"]),
    moved: new Set(),
    failing: [],
    ...facts,
    report,
  };
}

/** The first failure of mode userspace. */
export function makeModeFailure(facts: Partial<ModeFailure> = {}): ModeFailure {
  return { mode: "userspace", message: "no sockets left", failures: 1, isNew: true, ...facts };
}

/** The first failure in a row, of a full sync of revision r1. */
export function makeSyncFailure(facts: Partial<SyncFailure> = {}): SyncFailure {
  return {
    kind: "failure",
    reason: "SyncFailed",
    settings: makeNodeProxySpec({ revision: "r1" }),
    scope: "full",
    mode: "nftables",
    message: "nft rejected the transaction",
    failures: 1,
    durationMs: 5,
    ...facts,
  };
}

/** Refusals of Services by the kernel in mode nftables: names such as ns/a with the reason. */
export function makeRejected(...services: readonly string[]): SyncReport["rejected"] {
  return services.map((service) => ({
    service: makeServiceName(service),
    reason: "No such file",
    mode: "nftables",
    servedBy: undefined,
  }));
}

/** @param name namespace/name */
export function makeServiceName(name: string): ServiceName {
  const [namespace, rest] = name.split("/");
  return parseServiceName(namespace, rest);
}
