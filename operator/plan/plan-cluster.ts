import { isDeepStrictEqual } from "node:util";
import type { NodeProxy, ProxyConfig, ProxyConfigStatus } from "../../crds/api.ts";
import { settingsOf } from "../../crds/node-settings.ts";
import { nodesListedSilent, unseenHeartbeat } from "./nodes/agent-silence.ts";
import { aggregateStatus } from "./status/aggregate-status.ts";
import type { ConfigFacts } from "./config-facts.ts";
import type { ClusterNode, ClusterView } from "./cluster-view.ts";
import { judgeNode, type NodeFacts, type NodeHealth, type NodeVerdict } from "./nodes/judge-node.ts";
import { ownNodes } from "./ownership/own-nodes.ts";
import { orphanEvent } from "./ownership/orphan-event.ts";
import { planEvents, type PlannedEvent } from "./status/plan-events.ts";
import { planRollout } from "./rollout/plan-rollout.ts";
import { configLabel, orphanedLabel, resolveNodeProxy } from "./nodes/resolve-node-proxy.ts";

/** What has to be written so that the cluster is as its ProxyConfigs say; empty lists when it is. */
export interface ClusterPlan {
  /** Complete as far as the operator's fields go; to be created or changed. */
  readonly nodeProxies: readonly NodeProxy[];
  /** Objects whose Node is gone. */
  readonly deletions: readonly NodeProxy[];
  readonly statuses: readonly StatusChange[];
  /** By the name of the NodeProxy; to be told once it is written. */
  readonly nodeProxyEvents: ReadonlyMap<string, PlannedEvent>;
  /** When to plan again although nothing happens, in milliseconds since the epoch. */
  readonly nextLookAtMs: number | undefined;
  readonly nodes: Readonly<Record<NodeHealth | "orphaned", number>>;
}

export interface StatusChange {
  readonly proxyConfig: ProxyConfig;
  readonly status: ProxyConfigStatus;
  /** To be told once the status is written. */
  readonly events: readonly PlannedEvent[];
}

/**
 * Plans for the whole cluster, from what is there alone: planning twice, or after a crash at any point, gives the same.
 * Cost is linear in Nodes x ProxyConfigs.
 *
 * A ProxyConfig that goes away leaves its nodes to the next one that selects them, or to themselves: traffic goes on with
 * the last settings, under a NodeProxy labelled as orphaned. So nothing needs to be cleaned up before it is gone, and
 * ProxyConfigs get no finalizer. A NodeProxy ends with its Node.
 */
export function planCluster(view: ClusterView): ClusterPlan {
  const proxyConfigs = view.proxyConfigs.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const nodeProxyOf = new Map(view.nodeProxies.map((nodeProxy) => [nodeProxy.metadata.name, nodeProxy]));
  const nodeNames = new Set(view.nodes.map(({ name }) => name));
  const { nodesOf, overriddenOf, unowned } = ownNodes(proxyConfigs, view.nodes.toSorted(byName));

  const listedSilent = nodesListedSilent(proxyConfigs);
  const judge: Judge = (node, target) =>
    judgeNode(node, nodeProxyOf.get(node), {
      ...target,
      heartbeat: view.heartbeats.get(node) ?? unseenHeartbeat,
      listedSilent: listedSilent.has(node),
    });

  const configPlans = proxyConfigs.map((proxyConfig) =>
    planConfig({
      proxyConfig,
      nodes: nodesOf.get(proxyConfig.metadata.name) ?? [],
      overridden: overriddenOf.get(proxyConfig.metadata.name) ?? [],
      nodeProxyOf,
      judge,
      nowMs: view.nowMs,
    }),
  );
  const orphans = unowned.flatMap((node) => keepOrphan(node, nodeProxyOf.get(node.name)));
  const desired = [...configPlans.flatMap(({ nodeProxies }) => nodeProxies), ...orphans];
  return {
    nodeProxies: desired.filter((nodeProxy) =>
      needsWrite(nodeProxy, nodeProxyOf.get(nodeProxy.metadata.name)),
    ),
    deletions: view.nodeProxies.filter(
      ({ metadata }) => !nodeNames.has(metadata.name) && metadata.deletionTimestamp === undefined,
    ),
    nodeProxyEvents: new Map(
      unowned.flatMap(({ name }) =>
        orphanEvent(nodeProxyOf.get(name), proxyConfigs).map((event) => [name, event]),
      ),
    ),
    statuses: configPlans.flatMap(({ facts }) => changeStatus(facts)),
    nextLookAtMs: earliest(configPlans.map(({ facts }) => facts.rollout.nextLookAtMs)),
    nodes: countHealth(
      configPlans.flatMap(({ facts }) => facts.verdicts.map(({ health }) => health)),
      orphans.length,
    ),
  };
}

type Judge = (node: string, target: Pick<NodeFacts, "paused" | "revision">) => NodeVerdict;

interface ConfigPlan {
  readonly facts: ConfigFacts;
  readonly nodeProxies: readonly NodeProxy[];
}

function planConfig({
  proxyConfig,
  nodes,
  overridden,
  nodeProxyOf,
  judge,
  nowMs,
}: {
  readonly proxyConfig: ProxyConfig;
  readonly nodes: readonly ClusterNode[];
  readonly overridden: ConfigFacts["overridden"];
  readonly nodeProxyOf: ReadonlyMap<string, NodeProxy>;
  readonly judge: Judge;
  readonly nowMs: number;
}): ConfigPlan {
  const settings = settingsOf(proxyConfig);
  const { revision } = settings;
  const { paused } = proxyConfig.spec.rollout;
  const verdicts = nodes.map(({ name }) => judge(name, { revision, paused }));
  const rollout = planRollout({ proxyConfig, revision, verdicts, nowMs });
  const nodeProxies = nodes.map((node) => {
    const released = rollout.released.has(node.name);
    return resolveNodeProxy(node, released ? settings : (nodeProxyOf.get(node.name)?.spec ?? settings), {
      orphaned: false,
    });
  });
  return {
    facts: { proxyConfig, revision, verdicts, overridden, rollout, nowMs },
    nodeProxies,
  };
}

/** The NodeProxy with the settings it has; a Node that never had one gets none. */
function keepOrphan(node: ClusterNode, nodeProxy: NodeProxy | undefined): readonly NodeProxy[] {
  return nodeProxy === undefined ? [] : [resolveNodeProxy(node, nodeProxy.spec, { orphaned: true })];
}

/** An object that is being deleted is left alone: it is made anew when it is gone. */
function needsWrite(desired: NodeProxy, observed: NodeProxy | undefined): boolean {
  if (observed === undefined) return true;
  if (observed.metadata.deletionTimestamp !== undefined) return false;
  return !hasMetadata(observed, desired) || !isDeepStrictEqual(observed.spec, desired.spec);
}

/** Whether the operator's labels and owner are as desired; those of others do not count. */
function hasMetadata({ metadata: observed }: NodeProxy, { metadata: desired }: NodeProxy): boolean {
  return (
    [configLabel, orphanedLabel].every((label) => observed.labels?.[label] === desired.labels?.[label]) &&
    (desired.ownerReferences ?? []).every(({ uid }) =>
      observed.ownerReferences?.some((owner) => owner.uid === uid),
    )
  );
}

function changeStatus(facts: ConfigFacts): readonly StatusChange[] {
  const { proxyConfig } = facts;
  const status = aggregateStatus(facts);
  if (isDeepStrictEqual(proxyConfig.status, status)) return [];
  return [{ proxyConfig, status, events: planEvents(facts, status) }];
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
