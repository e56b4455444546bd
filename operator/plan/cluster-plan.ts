import type { NodeProxy, ProxyConfig, ProxyConfigStatus } from "../../crds/api.ts";
import type { StoredRevision } from "./history/controller-revision.ts";
import type { RevisionChange } from "./history/plan-history.ts";
import type { NodeHealth } from "./nodes/judge-node.ts";
import type { PlannedEvent } from "./status/plan-events.ts";
import type { WriteKey } from "./write-keys.ts";

/** What has to be written so that the cluster is as its ProxyConfigs say; empty lists when it is. */
export interface ClusterPlan {
  readonly revisions: readonly RevisionChange[];
  readonly statuses: readonly StatusChange[];
  readonly nodeProxies: readonly NodeProxyChange[];
  /** Objects whose Node is gone. */
  readonly deletions: readonly NodeProxy[];
  /** Revisions that nothing uses any more. */
  readonly revisionDeletions: readonly StoredRevision[];
  /** When to plan again although nothing happens, in milliseconds since the epoch. */
  readonly nextLookAtMs: number | undefined;
  readonly nodes: Readonly<Record<NodeHealth | "orphaned", number>>;
}

/** A write that waits for others. */
interface Change {
  /** Writes of the same plan that come first; one that is not in the plan has been made before. */
  readonly follows: readonly WriteKey[];
  /** To be told once it is written. */
  readonly events: readonly PlannedEvent[];
}

export interface StatusChange extends Change {
  readonly proxyConfig: ProxyConfig;
  readonly status: ProxyConfigStatus;
}

export interface NodeProxyChange extends Change {
  /** Complete as far as the operator's fields go; to be created or changed. */
  readonly nodeProxy: NodeProxy;
}
