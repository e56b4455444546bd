import type { NodeProxy } from "../../../crds/api.ts";
import type { NodeSettings } from "../../../crds/node-settings.ts";
import type { ClusterNode } from "../cluster-view.ts";

/** A revision by its name, and the ProxyConfig that its settings come from. */
export type AssignedRevision = Pick<NodeSettings, "configName" | "revision">;

/** Why nodes keep what they have: `rollout.paused`, or the revision cannot be stored. */
export type HoldReason = "paused" | "unstored";

/** The revision that each node of a ProxyConfig should run. */
export interface Assignment {
  /** What the ProxyConfig asks for. */
  readonly target: AssignedRevision;
  /** By the name of the node; every node has one. */
  readonly revisions: ReadonlyMap<string, AssignedRevision>;
  /** Nodes whose revision differs from the target. */
  readonly held: ReadonlySet<string>;
  /** Undefined when nothing holds the target back. */
  readonly holdReason: HoldReason | undefined;
}

/**
 * Assigns the target to all nodes at once, unless something holds it back: then nodes keep the settings they have. A
 * node without settings would serve nothing, so it gets the target even during a pause, and the previous revision while
 * the target cannot be stored.
 */
export function assign({
  nodes,
  nodeProxyOf,
  target,
  paused,
  unstorable,
  previous,
}: {
  readonly nodes: readonly ClusterNode[];
  readonly nodeProxyOf: ReadonlyMap<string, NodeProxy>;
  readonly target: AssignedRevision;
  readonly paused: boolean;
  /** The target is not stored, and storing it has failed. */
  readonly unstorable: boolean;
  /** Whose rollout came before the target's, if it is stored. */
  readonly previous: AssignedRevision | undefined;
}): Assignment {
  const lacking = nodes.filter(({ name }) => nodeProxyOf.get(name)?.spec.revision !== target.revision);
  const isUnstored = unstorable && lacking.length > 0;
  const holdReason = isUnstored ? "unstored" : paused ? "paused" : undefined;
  const others = new Map(
    (holdReason === undefined ? [] : lacking).flatMap(({ name }): [string, AssignedRevision][] => {
      const kept = nodeProxyOf.get(name)?.spec ?? (isUnstored ? previous : undefined);
      return kept === undefined ? [] : [[name, { configName: kept.configName, revision: kept.revision }]];
    }),
  );
  return {
    target,
    revisions: new Map(nodes.map(({ name }) => [name, others.get(name) ?? target])),
    held: new Set(others.keys()),
    holdReason,
  };
}
