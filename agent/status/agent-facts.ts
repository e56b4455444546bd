import type { NodeProxySpec, NodeProxyStatus } from "../../crds/api.ts";
import type { Clause } from "../../platform/text/clause.ts";
import type { DriftFacts } from "../drift/drift-guard.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import type { MissingRequirements } from "../sync/choose-mode.ts";
import type { SyncFailure, SyncSuccess } from "../sync/sync-outcome.ts";

/** The kernel and tools that the modes use. */
export interface NodeTools {
  /** Kernel release, such as 6.1.0-13-amd64. */
  readonly kernel: string;
  /** Versions of the installed tools by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Everything the agent knows that its NodeProxy shows. */
export interface AgentFacts {
  readonly agentVersion: string;
  readonly tools: NodeTools;
  /** metadata.generation of the NodeProxy the settings come from. */
  readonly generation: number | undefined;
  /** The newest settings that can be used, applied or not; undefined while there have been none. */
  readonly settings: NodeProxySpec | undefined;
  /** Why those of the NodeProxy are not these; undefined when they are. */
  readonly unusable: Clause | undefined;
  /** The last settings that reached the kernel since the agent started. */
  readonly applied: NodeProxySpec | undefined;
  /** The newest successful sync; undefined before the first. */
  readonly lastSuccess: SyncSuccess | undefined;
  /** The newest sync, if it failed. */
  readonly failure: SyncFailure | undefined;
  /** What has to arrive before anything is written to the kernel; empty when all is there. */
  readonly waitingFor: readonly string[];
  /** What has to arrive before `settings` take effect, while earlier ones are current; empty when they have. */
  readonly settingsWaitFor: readonly string[];
  /** Why the node can run no mode of `settings`, while earlier ones stay current; undefined when it can. */
  readonly modeProblem: Clause | undefined;
  /** When the Services were stored that stand in for those of the API server, milliseconds since the epoch; undefined when none do. */
  readonly staleSinceMs: number | undefined;
  readonly missing: MissingRequirements;
  readonly problems: readonly ServiceProblem[];
  /** What the node lacks to serve all Services well. */
  readonly nodeProblems: readonly Clause[];
  /** Time from an API event to the kernel; undefined while nothing was measured. */
  readonly latency: NodeProxyStatus["programmingLatency"];
  /** External changes; undefined where no running mode can notice them. */
  readonly drift: DriftFacts | undefined;
}
