import type { NodeProxy } from "../../crds/api.ts";
import type { ClusterPlan, NodeProxyChange, StatusChange } from "../plan/cluster-plan.ts";
import type { StoredRevision } from "../plan/history/controller-revision.ts";
import type { RevisionChange } from "../plan/history/plan-history.ts";
import { nodeProxyKey, revisionKey, statusKey, type WriteKey } from "../plan/write-keys.ts";

/** What one write is about. */
export type WriteTask =
  | { readonly kind: "revision"; readonly change: RevisionChange }
  | { readonly kind: "status"; readonly change: StatusChange }
  | { readonly kind: "nodeProxy"; readonly change: NodeProxyChange }
  | { readonly kind: "nodeProxyDeletion"; readonly nodeProxy: NodeProxy }
  | { readonly kind: "revisionDeletion"; readonly revision: StoredRevision };

/** One write of a plan. */
export interface PlannedWrite {
  readonly key: WriteKey;
  /** Writes that come first. If one of them is not made in a round, this one is not made either. */
  readonly follows: readonly WriteKey[];
  readonly resource: "controllerrevisions" | "proxyconfigs/status" | "nodeproxies";
  readonly verb: "apply" | "delete";
  readonly name: string;
  readonly task: WriteTask;
}

/** The writes of a plan: history, then what people look at first, then the nodes; each after those that it follows. */
export function listWrites(plan: ClusterPlan): readonly PlannedWrite[] {
  return [
    ...plan.revisions.map(revisionWrite),
    ...plan.statuses.map(statusWrite),
    ...plan.nodeProxies.map(nodeProxyWrite),
    ...plan.deletions.map(nodeProxyDeletion),
    ...plan.revisionDeletions.map(revisionDeletion),
  ];
}

function revisionWrite(change: RevisionChange): PlannedWrite {
  const { name } = change.object.metadata;
  const task = { kind: "revision", change } as const;
  return { key: revisionKey(name), follows: [], resource: "controllerrevisions", verb: "apply", name, task };
}

function statusWrite(change: StatusChange): PlannedWrite {
  const { follows, proxyConfig } = change;
  const { name } = proxyConfig.metadata;
  const task = { kind: "status", change } as const;
  return { key: statusKey(name), follows, resource: "proxyconfigs/status", verb: "apply", name, task };
}

function nodeProxyWrite(change: NodeProxyChange): PlannedWrite {
  const { follows, nodeProxy } = change;
  const { name } = nodeProxy.metadata;
  const task = { kind: "nodeProxy", change } as const;
  return { key: nodeProxyKey(name), follows, resource: "nodeproxies", verb: "apply", name, task };
}

function nodeProxyDeletion(nodeProxy: NodeProxy): PlannedWrite {
  const { name } = nodeProxy.metadata;
  const task = { kind: "nodeProxyDeletion", nodeProxy } as const;
  return { key: nodeProxyKey(name), follows: [], resource: "nodeproxies", verb: "delete", name, task };
}

function revisionDeletion(revision: StoredRevision): PlannedWrite {
  const { name } = revision;
  const task = { kind: "revisionDeletion", revision } as const;
  return { key: revisionKey(name), follows: [], resource: "controllerrevisions", verb: "delete", name, task };
}
