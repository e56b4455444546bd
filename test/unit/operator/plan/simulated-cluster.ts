import type { NodeProxy, NodeProxyStatus, ProxyConfig } from "../../../../crds/api.ts";
import type { HeartbeatObservation } from "../../../../operator/plan/nodes/agent-silence.ts";
import type { ClusterNode, ClusterView } from "../../../../operator/plan/cluster-view.ts";
import { planCluster, type ClusterPlan } from "../../../../operator/plan/plan-cluster.ts";
import { nowMs, readyCondition } from "./make-cluster.ts";

export type AgentOutcome = "ready" | "failed" | "unsupported";

/** A cluster in memory: what the operator writes arrives, agents do what they are told, time passes when we say so. */
export class SimulatedCluster {
  readonly proxyConfigs = new Map<string, ProxyConfig>();
  readonly nodes = new Map<string, ClusterNode>();
  readonly nodeProxies = new Map<string, NodeProxy>();
  /** When each NodeProxy was made or last reported to. */
  readonly #heard = new Map<string, { readonly atMs: number; readonly reported: boolean }>();
  nowMs = nowMs;

  view(): ClusterView {
    const heartbeats = [...this.#heard].map(([name, { atMs, reported }]): [string, HeartbeatObservation] => [
      name,
      { unchangedMs: this.nowMs - atMs, seenChanging: reported },
    ]);
    return {
      heartbeats: new Map(heartbeats),
      proxyConfigs: [...this.proxyConfigs.values()],
      nodes: [...this.nodes.values()],
      nodeProxies: [...this.nodeProxies.values()],
      nowMs: this.nowMs,
    };
  }

  plan(): ClusterPlan {
    return planCluster(this.view());
  }

  /** @param survives whether a write arrives; the others are lost, as when the operator dies halfway */
  write(plan: ClusterPlan, survives: () => boolean = () => true): void {
    for (const { proxyConfig, status } of plan.statuses.filter(survives)) {
      this.proxyConfigs.set(proxyConfig.metadata.name, { ...proxyConfig, status });
    }
    for (const { metadata, ...written } of plan.nodeProxies.filter(survives)) {
      const current = this.nodeProxies.get(metadata.name);
      if (current === undefined) this.#heard.set(metadata.name, { atMs: this.nowMs, reported: false });
      const creationTimestamp = current?.metadata.creationTimestamp ?? new Date(this.nowMs).toISOString();
      this.nodeProxies.set(metadata.name, {
        ...written,
        metadata: { ...metadata, creationTimestamp },
        ...(current?.status !== undefined && { status: current.status }),
      });
    }
    for (const { metadata } of plan.deletions.filter(survives)) this.nodeProxies.delete(metadata.name);
  }

  /** The agent of a node takes up its settings and reports. */
  report(name: string, outcome: AgentOutcome): void {
    const nodeProxy = this.nodeProxies.get(name);
    if (nodeProxy === undefined) return;
    this.nodeProxies.set(name, { ...nodeProxy, status: this.#status(nodeProxy, outcome) });
    this.#heard.set(name, { atMs: this.nowMs, reported: true });
  }

  #status({ spec, status }: NodeProxy, outcome: AgentOutcome): NodeProxyStatus {
    const now = new Date(this.nowMs).toISOString();
    const conditions = {
      ready: readyCondition("True", "Synced", "", now),
      failed: readyCondition("False", "SyncFailed", "", now),
      unsupported: readyCondition("False", "ModeUnsupported", "", now),
    };
    const observed = outcome === "ready" ? spec.revision : status?.observedRevision;
    return {
      ...(observed !== undefined && { observedRevision: observed, runningMode: spec.config.mode }),
      heartbeatAt: now,
      conditions: [conditions[outcome]],
    };
  }
}
