import type { NodeProxy, ProxyConfig, ProxyConfigStatus } from "../../crds/api.ts";
import type { StoredRevision } from "./history/controller-revision.ts";
import type { RevisionChange } from "./history/plan-history.ts";
import type { NodeHealth } from "./nodes/judge-node.ts";
import type { PlannedEvent } from "./status/plan-events.ts";
import type { WriteKey } from "./write-keys.ts";

/** The writes that make the cluster match its ProxyConfigs; empty lists when it does. */
export interface ClusterPlan {
  readonly revisions: readonly RevisionChange[];
  readonly statuses: readonly StatusChange[];
  readonly nodeProxies: readonly NodeProxyChange[];
  /** Objects whose Node is gone. */
  readonly deletions: readonly NodeProxy[];
  /** Revisions that are no longer used. */
  readonly revisionDeletions: readonly StoredRevision[];
  /** When to plan again even if nothing happens, in milliseconds since the epoch. */
  readonly nextLookAtMs: number | undefined;
  readonly nodes: Readonly<Record<NodeHealth | "orphaned", number>>;
}

/** A write that waits for others. */
interface Change {
  /** Writes of the same plan that come first; one that is not in the plan was made earlier. */
  readonly follows: readonly WriteKey[];
  /** Events to record after the write. */
  readonly events: readonly PlannedEvent[];
}

export interface StatusChange extends Change {
  readonly proxyConfig: ProxyConfig;
  readonly status: ProxyConfigStatus;
}

export interface NodeProxyChange extends Change {
  /** Contains all of the operator's fields; to be created or changed. */
  readonly nodeProxy: NodeProxy;
}
