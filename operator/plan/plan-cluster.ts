import type { NodeProxy, ProxyConfig } from "../../crds/api.ts";
import type { ClusterPlan, NodeProxyChange } from "./cluster-plan.ts";
import type { ClusterNode, ClusterView } from "./cluster-view.ts";
import { controllerRevisionName, type StoredRevision } from "./history/controller-revision.ts";
import { nodesListedSilent, unseenHeartbeat } from "./nodes/agent-silence.ts";
import { needsWrite } from "./nodes/change-node-proxy.ts";
import { judgeNode, type NodeHealth } from "./nodes/judge-node.ts";
import { resolveNodeProxy } from "./nodes/resolve-node-proxy.ts";
import { orphanEvents } from "./ownership/orphan-events.ts";
import { ownNodes } from "./ownership/own-nodes.ts";
import { planConfig, type ConfigView } from "./plan-config.ts";

/**
 * Plans for the whole cluster from its current state only: planning twice, or after a crash at any point, gives the same.
 * Cost is linear in Nodes x ProxyConfigs.
 *
 * When a ProxyConfig is deleted, its nodes go to the next one that selects them. If none does, traffic continues with the last
 * settings, under a NodeProxy labelled as orphaned. So nothing needs to be cleaned up before the deletion, and ProxyConfigs
 * get no finalizer. A NodeProxy ends with its Node, a ControllerRevision with its ProxyConfig.
 */
export function planCluster(view: ClusterView): ClusterPlan {
  const proxyConfigs = view.proxyConfigs.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const nodeProxyOf = new Map(view.nodeProxies.map((nodeProxy) => [nodeProxy.metadata.name, nodeProxy]));
  const nodeNames = new Set(view.nodes.map(({ name }) => name));
  const { nodesOf, overriddenOf, unowned } = ownNodes(proxyConfigs, view.nodes.toSorted(byName));
  const storedOf = Map.groupBy(view.revisions.filter(hasOwnName), ({ configName }) => configName);
  const runningOf = Map.groupBy(view.nodeProxies, ({ spec }) => spec.configName);
  const judge = judgeIn(view, { proxyConfigs, nodeProxyOf });
  const configPlans = proxyConfigs.map((proxyConfig) => {
    const { name } = proxyConfig.metadata;
    return planConfig({
      proxyConfig,
      nodes: nodesOf.get(name) ?? [],
      overridden: overriddenOf.get(name) ?? [],
      nodeProxyOf,
      stored: storedOf.get(name) ?? [],
      running: new Set(runningOf.get(name)?.map(({ spec }) => spec.revision)),
      failedWrites: view.failedWrites,
      judge,
      nowMs: view.nowMs,
    });
  });
  const orphans = unowned.flatMap((node) => keepOrphan(nodeProxyOf.get(node.name), { node, proxyConfigs }));
  return {
    revisions: configPlans.flatMap(({ history }) => history.changes),
    statuses: configPlans.flatMap(({ statuses }) => statuses),
    nodeProxies: [
      ...configPlans.flatMap(({ nodeProxies }) => nodeProxies),
      ...orphans.filter(({ nodeProxy }) => needsWrite(nodeProxy, nodeProxyOf.get(nodeProxy.metadata.name))),
    ],
    deletions: view.nodeProxies.filter(
      ({ metadata }) => !nodeNames.has(metadata.name) && metadata.deletionTimestamp === undefined,
    ),
    revisionDeletions: configPlans.flatMap(({ history }) => history.deletions),
    nextLookAtMs: earliest(configPlans.map(({ facts }) => facts.rollout.nextLookAtMs)),
    nodes: countHealth(
      configPlans.flatMap(({ facts }) => facts.verdicts.map(({ health }) => health)),
      orphans.length,
    ),
  };
}

interface Lookup {
  readonly proxyConfigs: readonly ProxyConfig[];
  readonly nodeProxyOf: ReadonlyMap<string, NodeProxy>;
}

function judgeIn({ heartbeats }: ClusterView, { proxyConfigs, nodeProxyOf }: Lookup): ConfigView["judge"] {
  const listedSilent = nodesListedSilent(proxyConfigs);
  return (node, expected) =>
    judgeNode(node, nodeProxyOf.get(node), {
      ...expected,
      heartbeat: heartbeats.get(node) ?? unseenHeartbeat,
      listedSilent: listedSilent.has(node),
    });
}

/** The NodeProxy with the settings it has; a Node that never had one gets none. */
function keepOrphan(
  nodeProxy: NodeProxy | undefined,
  { node, proxyConfigs }: { readonly node: ClusterNode; readonly proxyConfigs: readonly ProxyConfig[] },
): readonly NodeProxyChange[] {
  if (nodeProxy === undefined) return [];
  const orphan = resolveNodeProxy(node, nodeProxy.spec, { orphaned: true });
  return [{ nodeProxy: orphan, follows: [], events: orphanEvents(nodeProxy, proxyConfigs) }];
}

/** Whether it is the object that the operator would write for its labels, and not a copy. */
function hasOwnName({ name, configName, revision }: StoredRevision): boolean {
  return name === controllerRevisionName(configName, revision);
}

function countHealth(healths: readonly NodeHealth[], orphaned: number): ClusterPlan["nodes"] {
  const counts = { ready: 0, waiting: 0, silent: 0, failed: 0, unsupported: 0, orphaned };
  for (const health of healths) counts[health] += 1;
  return counts;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce(
    (first, time) => (time !== undefined && (first === undefined || time < first) ? time : first),
    undefined,
  );
}

function byName(a: ClusterNode, b: ClusterNode): number {
  return a.name < b.name ? -1 : 1;
}
