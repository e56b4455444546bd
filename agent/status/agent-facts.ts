import type { NodeProxySpec, NodeProxyStatus } from "../../crds/api.ts";
import type { DriftFacts } from "../drift/drift-guard.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import type { MissingRequirements } from "../sync/choose-mode.ts";
import type { SyncFailure, SyncSuccess } from "../sync/sync-outcome.ts";

/** Everything the agent knows that its NodeProxy tells. */
export interface AgentFacts {
  readonly agentVersion: string;
  /** Kernel release and version of nft, where known. */
  readonly tools: { readonly kernel: string; readonly nft: string | undefined };
  /** metadata.generation of the NodeProxy the settings come from. */
  readonly generation: number | undefined;
  /** The newest settings that can be used, whether or not they are in force; undefined while there have been none. */
  readonly settings: NodeProxySpec | undefined;
  /** Why those of the NodeProxy are not these, without a full stop; undefined when they are. */
  readonly unusable: string | undefined;
  /** The newest successful sync; undefined before the first. */
  readonly lastSuccess: SyncSuccess | undefined;
  /** The newest sync, if it failed. */
  readonly failure: SyncFailure | undefined;
  /** What has to arrive before anything is written to the kernel; empty when all is there. */
  readonly waitingFor: readonly string[];
  /** What has to arrive before `settings` come into force, while earlier ones are; empty when they have. */
  readonly settingsWaitFor: readonly string[];
  /** Why the node can run no mode of `settings`, while earlier ones stay in force, without a full stop; undefined when it can. */
  readonly modeProblem: string | undefined;
  /** Of when the Services are that stand in for those of the API server, milliseconds since the epoch; undefined when none do. */
  readonly staleSinceMs: number | undefined;
  readonly missing: MissingRequirements;
  readonly problems: readonly ServiceProblem[];
  /** What the node lacks to serve all Services well, each one clause without a full stop. */
  readonly nodeProblems: readonly string[];
  /** Time from an API event to the kernel; undefined while nothing was measured. */
  readonly latency: NodeProxyStatus["programmingLatency"];
  /** Changes that others made; undefined where the mode cannot tell. */
  readonly drift: DriftFacts | undefined;
}
