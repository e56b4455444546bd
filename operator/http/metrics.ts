import type { Meter } from "@opentelemetry/api";
import { syncLatencyBuckets } from "../../platform/telemetry/metrics.ts";
import type { ClusterPlan } from "../plan/cluster-plan.ts";
import type { PlannedWrite } from "../write/planned-write.ts";

/** The operator's metrics. */
export interface OperatorMetrics {
  reconciled(facts: {
    readonly durationMs: number;
    readonly plan: ClusterPlan;
    readonly waitingWrites: number;
  }): void;
  /** Values that only a leader knows are 0 on the other replicas, so that their sum is right. */
  setLeader(isLeader: boolean): void;
  wrote(write: Pick<PlannedWrite, "resource" | "verb">, result: "success" | "failure"): void;
}

const noNodes = { ready: 0, waiting: 0, silent: 0, failed: 0, unsupported: 0, orphaned: 0 };

export function createOperatorMetrics(meter: Meter): OperatorMetrics {
  const duration = meter.createHistogram("kubesteer_operator_reconcile_duration_seconds", {
    description: "Time to plan for the whole cluster and to write a round of changes.",
    advice: { explicitBucketBoundaries: [...syncLatencyBuckets] },
  });
  const writes = meter.createCounter("kubesteer_operator_writes", {
    description: "Writes to the API server by resource, verb and result.",
  });
  const nodes = meter.createGauge("kubesteer_operator_nodes", { description: "Nodes by state." });
  const queue = meter.createGauge("kubesteer_operator_queue_depth", {
    description: "Planned writes that have not been made yet.",
  });
  const leader = meter.createGauge("kubesteer_operator_leader", {
    description: "1 on the leader, 0 elsewhere.",
  });
  const recordPlan = (counts: ClusterPlan["nodes"], waitingWrites: number) => {
    queue.record(waitingWrites);
    for (const [state, count] of Object.entries(counts)) nodes.record(count, { state });
  };
  return {
    reconciled({ durationMs, plan, waitingWrites }) {
      duration.record(durationMs / 1000);
      recordPlan(plan.nodes, waitingWrites);
    },
    wrote: ({ resource, verb }, result) => writes.add(1, { resource, verb, result }),
    setLeader(isLeader) {
      leader.record(isLeader ? 1 : 0);
      if (!isLeader) recordPlan(noNodes, 0);
    },
  };
}
