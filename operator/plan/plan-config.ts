import { isDeepStrictEqual } from "node:util";
import type { NodeProxy, ProxyConfig, ProxyConfigStatus } from "../../crds/api.ts";
import { settingsOf, type NodeSettings } from "../../crds/node-settings.ts";
import type { NodeProxyChange, StatusChange } from "./cluster-plan.ts";
import type { ClusterNode } from "./cluster-view.ts";
import type { ConfigFacts } from "./config-facts.ts";
import { controllerRevisionName, type StoredRevision } from "./history/controller-revision.ts";
import { findStored, planHistory, type History } from "./history/plan-history.ts";
import { needsWrite } from "./nodes/change-node-proxy.ts";
import type { Expectation, NodeVerdict } from "./nodes/judge-node.ts";
import { resolveNodeProxy } from "./nodes/resolve-node-proxy.ts";
import { assign, type Assignment } from "./rollout/assign.ts";
import { planRollout } from "./rollout/plan-rollout.ts";
import { aggregateStatus } from "./status/aggregate-status.ts";
import { planEvents } from "./status/plan-events.ts";
import { revisionKey, statusKey, type WriteKey } from "./write-keys.ts";

/** The input of the plan for one ProxyConfig. */
export interface ConfigView {
  readonly proxyConfig: ProxyConfig;
  /** Nodes it owns. */
  readonly nodes: readonly ClusterNode[];
  readonly overridden: ConfigFacts["overridden"];
  /** Of all nodes. */
  readonly nodeProxyOf: ReadonlyMap<string, NodeProxy>;
  /** Stored for it, or for an earlier ProxyConfig of its name. */
  readonly stored: readonly StoredRevision[];
  /** Its revisions that NodeProxies have, also on nodes that it no longer owns. */
  readonly running: ReadonlySet<string>;
  readonly failedWrites: ReadonlyMap<WriteKey, string>;
  readonly judge: (node: string, expected: Pick<Expectation, "held" | "revision">) => NodeVerdict;
  readonly nowMs: number;
}

export interface ConfigPlan {
  readonly facts: ConfigFacts;
  readonly history: History;
  readonly statuses: readonly StatusChange[];
  readonly nodeProxies: readonly NodeProxyChange[];
}

/**
 * Plans for one ProxyConfig: which revision each of its nodes is assigned, what must be stored for that, and the
 * state of each node compared with its assignment. The order is content, then the status that names it as a step of the
 * rollout, then NodeProxies: a new leader finds everything that an earlier one had started.
 */
export function planConfig(view: ConfigView): ConfigPlan {
  const { proxyConfig, nodes, nodeProxyOf, stored, running, nowMs } = view;
  const target = settingsOf(proxyConfig);
  const storeFailure = view.failedWrites.get(storeKey(proxyConfig, target.revision));
  const { paused } = proxyConfig.spec.rollout;
  const contents = { proxyConfig, target, stored };
  // Where the content is stored, a failed write holds nothing back: its answer was lost, or it was only to change the number.
  const unstorable = storeFailure !== undefined && findStored(target.revision, contents) === undefined;
  const previous = findStored(proxyConfig.status?.updateRevision, contents);
  const assignment = assign({ nodes, nodeProxyOf, target, paused, unstorable, previous });
  const history = planHistory({
    proxyConfig,
    target,
    assigned: new Set([...assignment.revisions.values()].map(({ revision }) => revision)),
    running,
    nodeProxies: nodes.flatMap(({ name }) => nodeProxyOf.get(name) ?? []),
    stored,
  });
  const verdicts = nodes.map(({ name }) =>
    view.judge(name, { revision: assigned(assignment, name).revision, held: assignment.held.has(name) }),
  );
  const rollout = planRollout({ proxyConfig, assignment, verdicts, storeFailure, nowMs });
  const { overridden } = view;
  const facts = { proxyConfig, revision: target.revision, verdicts, overridden, rollout, nowMs };
  const status = aggregateStatus(facts);
  return {
    facts,
    history,
    statuses: changeStatus(facts, { status, history }),
    nodeProxies: changeNodeProxies(view, { assignment, history, status }),
  };
}

function assigned({ revisions, target }: Assignment, node: string): Assignment["target"] {
  return revisions.get(node) ?? target;
}

function storeKey({ metadata }: ProxyConfig, revision: string): WriteKey {
  return revisionKey(controllerRevisionName(metadata.name, revision));
}

function changeStatus(
  facts: ConfigFacts,
  { status, history }: { readonly status: ProxyConfigStatus; readonly history: History },
): readonly StatusChange[] {
  const { proxyConfig, revision } = facts;
  if (isDeepStrictEqual(proxyConfig.status, status)) return [];
  const needsContent = isStep(proxyConfig, status) && history.unstored.has(revision);
  const follows = needsContent ? [storeKey(proxyConfig, revision)] : [];
  return [{ proxyConfig, status, follows, events: planEvents(facts, status) }];
}

/** Whether the status records a new step of the rollout, from which a new leader must continue. */
function isStep({ status: previous }: ProxyConfig, next: ProxyConfigStatus): boolean {
  return previous?.rollout?.to !== next.rollout?.to || previous?.rollout?.step !== next.rollout?.step;
}

function changeNodeProxies(
  { proxyConfig, nodes, nodeProxyOf }: ConfigView,
  {
    assignment,
    history,
    status,
  }: { readonly assignment: Assignment; readonly history: History; readonly status: ProxyConfigStatus },
): readonly NodeProxyChange[] {
  const step = isStep(proxyConfig, status) ? [statusKey(proxyConfig.metadata.name)] : [];
  return nodes.flatMap((node) => {
    const settings = settingsFor(assigned(assignment, node.name), history);
    if (settings === undefined) return [];
    const nodeProxy = resolveNodeProxy(node, settings, { orphaned: false });
    if (!needsWrite(nodeProxy, nodeProxyOf.get(node.name))) return [];
    const { revision } = settings;
    const content = history.unstored.has(revision) ? [storeKey(proxyConfig, revision)] : [];
    return [{ nodeProxy, follows: [...content, ...step], events: [] }];
  });
}

/** The content of an assigned revision, which always exists: the NodeProxy or the history has that of an earlier one. */
function settingsFor(
  { configName, revision }: Assignment["target"],
  { configs }: History,
): NodeSettings | undefined {
  const config = configs.get(revision);
  return config && { configName, revision, config };
}
