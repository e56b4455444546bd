import type { NodeProxy, ProxyConfig } from "../../crds/api.ts";
import type { NodeFacts } from "../../crds/node-facts.ts";
import type { StoredRevision } from "./history/controller-revision.ts";
import type { HeartbeatObservation } from "./nodes/agent-silence.ts";
import type { WriteKey } from "./write-keys.ts";

/** The fields of a v1 Node that the plan needs. */
export interface ClusterNode {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: NodeFacts;
}

/** One consistent snapshot of the cluster: the whole input of the plan. */
export interface ClusterView {
  readonly proxyConfigs: readonly ProxyConfig[];
  readonly nodes: readonly ClusterNode[];
  readonly nodeProxies: readonly NodeProxy[];
  readonly revisions: readonly StoredRevision[];
  /** By the name of the NodeProxy. */
  readonly heartbeats: ReadonlyMap<string, HeartbeatObservation>;
  /** Failed writes of earlier rounds that are still pending, with the reason. */
  readonly failedWrites: ReadonlyMap<WriteKey, string>;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}
