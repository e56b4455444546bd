import {
  apiGroupVersion,
  type NodeProxy,
  type NodeProxyStatus,
  type ObjectMeta,
  type ProxyConfig,
} from "../../../../crds/api.ts";
import { parseProxyConfig } from "../../../../crds/load-proxy-config.ts";
import type { ClusterNode, ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { settingsOf } from "../../../../crds/node-settings.ts";
import {
  controllerRevisionOf,
  parseControllerRevision,
  type StoredRevision,
} from "../../../../operator/plan/history/controller-revision.ts";
import { resolveNodeProxy } from "../../../../operator/plan/nodes/resolve-node-proxy.ts";
import { formatTime } from "../../../../platform/kube/time.ts";

export const nowMs = Date.parse("2026-01-01T12:00:00Z");
export const nowIso = formatTime(nowMs);

/** A time before `nowMs`. */
export function secondsAgo(seconds: number): string {
  return formatTime(nowMs - seconds * 1000);
}

export function makeProxyConfig({
  name = "default",
  spec = {},
  status,
  metadata = {},
}: {
  readonly name?: string;
  readonly spec?: object;
  readonly status?: ProxyConfig["status"];
  readonly metadata?: Partial<ObjectMeta>;
} = {}): ProxyConfig {
  const complete = parseProxyConfig({
    apiVersion: apiGroupVersion,
    kind: "ProxyConfig",
    metadata: { name },
    spec,
  });
  return {
    ...complete,
    metadata: { name, uid: `uid-${name}`, generation: 1, creationTimestamp: secondsAgo(3600), ...metadata },
    ...(status !== undefined && { status }),
  };
}

export function makeNode(name: string, changes: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    uid: `uid-${name}`,
    labels: {},
    facts: { podCIDRs: [], addresses: [] },
    ...changes,
  };
}

export function makeNodes(count: number): readonly ClusterNode[] {
  return Array.from({ length: count }, (_, index) => makeNode(`node-${index + 1}`));
}

/** The NodeProxy of a node as the operator writes it for `config`, with what its agent reports. */
export function makeNodeProxy(
  node: ClusterNode,
  config: ProxyConfig,
  {
    status,
    metadata = {},
  }: { readonly status?: NodeProxyStatus; readonly metadata?: Partial<ObjectMeta> } = {},
): NodeProxy {
  const nodeProxy = resolveNodeProxy(node, settingsOf(config), { orphaned: false });
  return {
    ...nodeProxy,
    metadata: { ...nodeProxy.metadata, uid: `proxy-${node.name}`, creationTimestamp: nowIso, ...metadata },
    ...(status !== undefined && { status }),
  };
}

/** What an agent reports on whose node `revision` has taken effect and is well. */
export function readyStatus(revision: string, changes: Partial<NodeProxyStatus> = {}): NodeProxyStatus {
  return {
    observedRevision: revision,
    runningMode: "nftables",
    heartbeatAt: nowIso,
    conditions: [readyCondition("True", "Synced", `Revision ${revision} is in the kernel.`)],
    ...changes,
  };
}

export function readyCondition(
  status: "True" | "False" | "Unknown",
  reason: string,
  message = "message",
  lastTransitionTime = nowIso,
) {
  return { type: "Ready", status, reason, message, lastTransitionTime } as const;
}

/** The revision that a ProxyConfig asks for, as the operator stores it. */
export function storedRevision(config: ProxyConfig, sequence = 1): StoredRevision {
  const { metadata, ...object } = controllerRevisionOf(config, { ...settingsOf(config), sequence });
  return parseControllerRevision({ ...object, metadata: { ...metadata, uid: `uid-${metadata.name}` } });
}

export function makeView(view: Partial<ClusterView>): ClusterView {
  return {
    proxyConfigs: [],
    nodes: [],
    nodeProxies: [],
    revisions: [],
    heartbeats: new Map(),
    failedWrites: new Map(),
    nowMs,
    ...view,
  };
}
