import type { ProxyConfig } from "../../crds/api.ts";
import type { NodeVerdict } from "./nodes/judge-node.ts";
import type { OverriddenNode } from "./ownership/own-nodes.ts";
import type { RolloutPlan } from "./rollout/plan-rollout.ts";

/** Everything that the status of one ProxyConfig is derived from. */
export interface ConfigFacts {
  readonly proxyConfig: ProxyConfig;
  /** The revision that the ProxyConfig asks for. */
  readonly revision: string;
  /** Of the nodes it owns. */
  readonly verdicts: readonly NodeVerdict[];
  readonly overridden: readonly OverriddenNode[];
  readonly rollout: RolloutPlan;
  readonly nowMs: number;
}
