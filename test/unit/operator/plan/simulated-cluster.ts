import type { NodeProxy, NodeProxyStatus, ProxyConfig } from "../../../../crds/api.ts";
import { settingsOf } from "../../../../crds/node-settings.ts";
import type { ClusterPlan } from "../../../../operator/plan/cluster-plan.ts";
import type { ClusterNode, ClusterView } from "../../../../operator/plan/cluster-view.ts";
import {
  parseControllerRevision,
  type StoredRevision,
} from "../../../../operator/plan/history/controller-revision.ts";
import type { HeartbeatObservation } from "../../../../operator/plan/nodes/agent-silence.ts";
import { planCluster } from "../../../../operator/plan/plan-cluster.ts";
import type { WriteKey } from "../../../../operator/plan/write-keys.ts";
import { listWrites, type PlannedWrite } from "../../../../operator/write/planned-write.ts";
import { mayWrite, stagesOf } from "../../../../operator/write/write-order.ts";
import { nowMs, readyCondition } from "./make-cluster.ts";

export type AgentOutcome = "ready" | "failed" | "unsupported";

/**
 * What becomes of a write: it is made; it fails; it is made and its answer is lost, so that the operator takes it for
 * failed; or the operator dies before it.
 */
export type WriteFate = "made" | "failed" | "answerLost" | "crash";

/** A cluster in memory: what the operator writes arrives, agents follow their settings, time advances on request. */
export class SimulatedCluster {
  readonly proxyConfigs = new Map<string, ProxyConfig>();
  readonly nodes = new Map<string, ClusterNode>();
  readonly nodeProxies = new Map<string, NodeProxy>();
  readonly revisions = new Map<string, StoredRevision>();
  /** What this operator remembers of failed writes. */
  #failedWrites: ReadonlyMap<WriteKey, string> = new Map();
  /** When each NodeProxy was made or last reported to. */
  readonly #heard = new Map<string, { readonly atMs: number; readonly reported: boolean }>();
  #objects = 0;
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
      revisions: [...this.revisions.values()],
      failedWrites: this.#failedWrites,
      nowMs: this.nowMs,
    };
  }

  /**
   * As an operator sees the cluster whose watches lag: what others did after `past` is not in it, but all that operators
   * have written is.
   */
  staleView(past: ClusterView): ClusterView {
    const reportOf = new Map(past.nodeProxies.map(({ metadata, status }) => [metadata.uid, status]));
    return {
      ...this.view(),
      nodes: past.nodes,
      proxyConfigs: past.proxyConfigs.map((proxyConfig) => {
        const now = this.proxyConfigs.get(proxyConfig.metadata.name);
        const isSame = now?.metadata.uid === proxyConfig.metadata.uid;
        return isSame && now?.status !== undefined ? { ...proxyConfig, status: now.status } : proxyConfig;
      }),
      nodeProxies: [...this.nodeProxies.values()].map(({ status: _status, ...nodeProxy }) => {
        const status = reportOf.get(nodeProxy.metadata.uid);
        return { ...nodeProxy, ...(status !== undefined && { status }) };
      }),
    };
  }

  plan(): ClusterPlan {
    return planCluster(this.view());
  }

  /** The same object for one ProxyConfig as long as it is there, and another one after it was deleted. */
  uidOf(proxyConfig: string): string {
    return this.proxyConfigs.get(proxyConfig)?.metadata.uid ?? `uid-${(this.#objects += 1)}`;
  }

  /** Makes the writes of a plan in their order, as far as their fates let it. */
  write(plan: ClusterPlan, fateOf: (write: PlannedWrite) => WriteFate = () => "made"): void {
    const writes = listWrites(plan);
    const unwritten = new Set(writes.map(({ key }) => key));
    const failed = new Map([...this.#failedWrites].filter(([key]) => unwritten.has(key)));
    this.#failedWrites = failed;
    for (const write of stagesOf(writes).flat()) {
      if (!mayWrite(write, unwritten)) continue;
      const fate = fateOf(write);
      if (fate === "crash") {
        this.#failedWrites = new Map();
        break;
      }
      if (fate !== "failed") this.#perform(write);
      if (fate === "made") {
        unwritten.delete(write.key);
        failed.delete(write.key);
      } else failed.set(write.key, "connection refused");
    }
  }

  /** The agent of a node takes up its settings and reports. */
  report(name: string, outcome: AgentOutcome): void {
    const nodeProxy = this.nodeProxies.get(name);
    if (nodeProxy === undefined) return;
    this.nodeProxies.set(name, { ...nodeProxy, status: this.#status(nodeProxy, outcome) });
    this.#heard.set(name, { atMs: this.nowMs, reported: true });
  }

  #perform({ task }: PlannedWrite): void {
    switch (task.kind) {
      case "revision": {
        const { metadata, ...object } = task.change.object;
        const uid = this.revisions.get(metadata.name)?.uid ?? `uid-${(this.#objects += 1)}`;
        this.revisions.set(
          metadata.name,
          parseControllerRevision({ ...object, metadata: { ...metadata, uid } }),
        );
        return;
      }
      case "status": {
        const { name, uid } = task.change.proxyConfig.metadata;
        const current = this.proxyConfigs.get(name);
        if (current?.metadata.uid !== uid || current === undefined) return;
        this.proxyConfigs.set(name, { ...current, status: task.change.status });
        return;
      }
      case "nodeProxy":
        return this.#writeNodeProxy(task.change.nodeProxy);
      case "nodeProxyDeletion": {
        const { name } = task.nodeProxy.metadata;
        if (!this.nodes.has(name)) this.nodeProxies.delete(name);
        return;
      }
      case "revisionDeletion": {
        const { name, uid } = task.revision;
        if (this.revisions.get(name)?.uid === uid) this.revisions.delete(name);
      }
    }
  }

  #writeNodeProxy({ metadata, ...written }: NodeProxy): void {
    const { name } = metadata;
    const current = this.nodeProxies.get(name);
    if (current === undefined) this.#heard.set(name, { atMs: this.nowMs, reported: false });
    const { creationTimestamp = new Date(this.nowMs).toISOString(), uid = `uid-${(this.#objects += 1)}` } =
      current?.metadata ?? {};
    this.nodeProxies.set(name, {
      ...written,
      metadata: { ...metadata, creationTimestamp, uid },
      ...(current?.status !== undefined && { status: current.status }),
    });
  }

  /** Removes what ProxyConfigs owned that are gone. */
  collectGarbage(): void {
    const uids = new Set([...this.proxyConfigs.values()].map(({ metadata }) => metadata.uid));
    for (const { name, ownerUid } of this.revisions.values()) {
      if (!uids.has(ownerUid)) this.revisions.delete(name);
    }
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

/** The revision that a ProxyConfig asks for. */
export function targetOf(proxyConfig: ProxyConfig): string {
  return settingsOf(proxyConfig).revision;
}
