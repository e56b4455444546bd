import assert from "node:assert/strict";
import type { NodeProxyStatus, ProxyConfig } from "../../../../crds/api.ts";
import { settingsOf } from "../../../../crds/node-settings.ts";
import type { ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { planCluster } from "../../../../operator/plan/plan-cluster.ts";
import { findCondition } from "../../../../platform/kube/conditions.ts";
import {
  makeNodeProxy,
  makeNodes,
  makeProxyConfig,
  makeView,
  nowIso,
  readyCondition,
  readyStatus,
  storedRevision,
} from "./make-cluster.ts";

export const config = makeProxyConfig();
export const { revision } = settingsOf(config);
export const nodes = makeNodes(3);

/** Of three nodes under one ProxyConfig whose settings are stored, where a test says nothing else. */
export function plan(view: Partial<ClusterView>) {
  return planCluster(
    makeView({ proxyConfigs: [config], nodes, revisions: [storedRevision(config)], ...view }),
  );
}

/** The NodeProxies that a plan writes. */
export function written(view: Partial<ClusterView>) {
  return plan(view).nodeProxies.map(({ nodeProxy }) => nodeProxy);
}

/** The nodes with their NodeProxies written and the given reports of their agents. */
export function withReports(reports: readonly (NodeProxyStatus | undefined)[], from: ProxyConfig = config) {
  return nodes.map((node, index) => {
    const status = reports[index];
    return makeNodeProxy(node, from, status === undefined ? {} : { status });
  });
}

/** The status that a plan writes for a ProxyConfig. */
export function statusOf(view: Partial<ClusterView>, name = "default") {
  const change = plan(view).statuses.find(({ proxyConfig }) => proxyConfig.metadata.name === name);
  assert.ok(change, `no new status for ${name}`);
  return change.status;
}

/** A condition in the status that a plan writes. */
export function conditionOf(view: Partial<ClusterView>, type: string, name = "default") {
  const condition = findCondition(statusOf(view, name).conditions ?? [], type);
  return condition && { status: condition.status, reason: condition.reason, message: condition.message };
}

export const ready = readyStatus(revision);
export const withDegraded = (message: string): NodeProxyStatus => ({
  ...ready,
  conditions: [
    ...(ready.conditions ?? []),
    { type: "Degraded", status: "True", reason: "ServiceProblems", message, lastTransitionTime: nowIso },
  ],
});
export const degraded = withDegraded("Not served as specified: shop/web.");
export const unsupported = readyStatus("rev-old", {
  conditions: [readyCondition("False", "ModeUnsupported", "mode nftables needs nft 1.0.1")],
});
export const failed = readyStatus(revision, {
  conditions: [readyCondition("False", "SyncFailed", "nft refused the transaction")],
});
