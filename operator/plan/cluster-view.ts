import type { NodeProxy, ProxyConfig } from "../../crds/api.ts";
import type { NodeFacts } from "../../crds/node-facts.ts";
import type { StoredRevision } from "./history/controller-revision.ts";
import type { HeartbeatObservation } from "./nodes/agent-silence.ts";
import type { WriteKey } from "./write-keys.ts";

/** What the plan needs to know of a v1 Node. */
export interface ClusterNode {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: NodeFacts;
}

/** One consistent look at the cluster: the whole input of the plan. */
export interface ClusterView {
  readonly proxyConfigs: readonly ProxyConfig[];
  readonly nodes: readonly ClusterNode[];
  readonly nodeProxies: readonly NodeProxy[];
  readonly revisions: readonly StoredRevision[];
  /** By the name of the NodeProxy. */
  readonly heartbeats: ReadonlyMap<string, HeartbeatObservation>;
  /** Writes of earlier rounds that failed and are still to be made, with the reason. */
  readonly failedWrites: ReadonlyMap<WriteKey, string>;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}
