import type { SyncReport } from "../../agent/dataplane/dataplane.ts";
import type { ServiceName } from "../../agent/services/desired-state.ts";
import { parseServiceName } from "../../agent/services/service-port-name.ts";
import type { SyncFailure, SyncSuccess } from "../../agent/sync/sync-outcome.ts";
import { makeNodeProxySpec } from "./make-node-proxy-spec.ts";

type Report = SyncSuccess["report"];

export function makeSyncReport(facts: Partial<Report> = {}): Report {
  return { changes: 0, servicePorts: 0, endpoints: 0, unsupported: [], rejected: [], ...facts };
}

/** A full sync of revision r1 in mode nftables that took 12 ms. */
export function makeSyncSuccess({
  report = {},
  ...facts
}: Partial<Omit<SyncSuccess, "report">> & { readonly report?: Partial<Report> } = {}): SyncSuccess {
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
    ...facts,
    report: makeSyncReport(report),
  };
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

/** Refusals of Services by the kernel: names such as ns/a with the reason. */
export function makeRejected(...services: readonly string[]): SyncReport["rejected"] {
  return services.map((service) => ({ service: makeServiceName(service), reason: "No such file" }));
}

/** @param name namespace/name */
export function makeServiceName(name: string): ServiceName {
  const [namespace, rest] = name.split("/");
  return parseServiceName(namespace, rest);
}
