import type { ProxyConfig } from "../../../crds/api.ts";
import { matchesSelector } from "../../../platform/kube/label-selector.ts";
import type { ClusterNode } from "../cluster-view.ts";

/** A Node that a ProxyConfig selects but does not own. */
export interface OverriddenNode {
  readonly node: string;
  readonly owner: ProxyConfig;
}

/** Who owns which Node. Every ProxyConfig has an entry in both maps; nodes keep the order they came in. */
export interface Ownership {
  readonly nodesOf: ReadonlyMap<string, readonly ClusterNode[]>;
  readonly overriddenOf: ReadonlyMap<string, readonly OverriddenNode[]>;
  /** Nodes that no ProxyConfig selects. */
  readonly unowned: readonly ClusterNode[];
}

/**
 * Gives each Node to one of the ProxyConfigs that select it: the highest priority, then the oldest, then the first
 * by name. Costs one selector match per Node and ProxyConfig.
 */
export function ownNodes(proxyConfigs: readonly ProxyConfig[], nodes: readonly ClusterNode[]): Ownership {
  const ranked = proxyConfigs.toSorted(byPrecedence);
  const nodesOf = new Map<string, ClusterNode[]>(ranked.map(({ metadata }) => [metadata.name, []]));
  const overriddenOf = new Map<string, OverriddenNode[]>(ranked.map(({ metadata }) => [metadata.name, []]));
  const unowned: ClusterNode[] = [];
  for (const node of nodes) {
    const [owner, ...losers] = ranked.filter(({ spec }) => matchesSelector(spec.nodeSelector, node.labels));
    if (owner === undefined) {
      unowned.push(node);
      continue;
    }
    nodesOf.get(owner.metadata.name)?.push(node);
    for (const loser of losers) overriddenOf.get(loser.metadata.name)?.push({ node: node.name, owner });
  }
  return { nodesOf, overriddenOf, unowned };
}

function byPrecedence(a: ProxyConfig, b: ProxyConfig): number {
  return (
    b.spec.priority - a.spec.priority ||
    compare(a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? "") ||
    compare(a.metadata.name, b.metadata.name)
  );
}

/** Orders by code unit; the API server writes all timestamps in one form, so this is also their order in time. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
