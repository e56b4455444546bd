import type { NodeProxySpec } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Clause } from "../../platform/text/clause.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import type { NodeDrift } from "../drift/node-drift.ts";
import type { OwnNode } from "../node/own-node.ts";
import type { DesiredState } from "../services/desired-state.ts";
import type { ServiceProblem } from "../services/service-problem.ts";
import { modeProblem, waitReasons } from "../settings/ladder.ts";
import type { NodeSettings } from "../settings/node-settings.ts";
import type { ModeSwitch } from "../sync/mode-switch.ts";
import type { ServiceSync } from "../sync/service-sync.ts";
import type { SyncSuccess } from "../sync/sync-outcome.ts";
import type { SyncRecord } from "../sync/sync-record.ts";
import type { AgentFacts } from "./agent-facts.ts";
import type { HealthFacts } from "./judge-health.ts";

/** The parts of the agent that facts come from. */
export interface FactSources {
  readonly version: string;
  readonly tools: AgentFacts["tools"];
  readonly settings: Pick<NodeSettings, "ladder" | "nodeProxy" | "waitingFor">;
  readonly modes: Pick<ModeSwitch, "missing">;
  readonly serving: Pick<ServingModes, "running">;
  readonly record: SyncRecord;
  /** undefined before the first settings. */
  readonly services: () => ServiceSync | undefined;
  readonly nodeServices: {
    problems(): readonly ServiceProblem[];
    nodeProblems(): readonly Clause[];
  };
  readonly drift: Pick<NodeDrift, "facts">;
  readonly node: Pick<OwnNode, "presence">;
  readonly clock: Clock;
}

/** Collects facts from the parts of the agent for the status, the pages and metrics. */
export class FactCollector {
  readonly #sources: FactSources;

  constructor(sources: FactSources) {
    this.#sources = sources;
  }

  /** undefined while there is nothing to report. */
  statusFacts(): AgentFacts | undefined {
    const { version, tools, settings, modes, serving, drift, record, nodeServices } = this.#sources;
    const { newest, unusable, applied } = settings.ladder;
    if (newest === undefined && unusable === undefined) return undefined;
    const services = this.#sources.services();
    return {
      agentVersion: version,
      tools,
      generation: settings.nodeProxy?.metadata.generation,
      settings: newest,
      unusable,
      applied,
      lastSuccess: record.lastSuccess,
      failure: record.failure,
      waitingFor: this.#waitingFor(),
      settingsWaitFor: waitReasons(settings.ladder).filter((reason) => reason === "Namespaces"),
      modeProblem: modeProblem(settings.ladder),
      staleSinceMs: this.staleSinceMs(),
      missing: modes.missing(),
      problems: this.problems(),
      nodeProblems: [...nodeServices.nodeProblems(), ...(services?.nodeProblems() ?? [])],
      latency: record.latency.percentiles(),
      drift: drift.facts(serving.running()),
    };
  }

  healthFacts(): HealthFacts {
    const { record, node, clock } = this.#sources;
    const services = this.#sources.services();
    return {
      now: clock.now(),
      lastSyncAt: record.lastSuccess?.at,
      oldestChangeMs: services?.oldestChangeMs(),
      waitingFor: this.#waitingFor(),
      staleSinceMs: this.staleSinceMs(),
      failure: record.failure,
      failingModes: record.lastSuccess?.failing ?? [],
      node: node.presence,
    };
  }

  /** Those that Services are synced under; undefined before the first. */
  currentSettings(): NodeProxySpec | undefined {
    return this.#sources.settings.ladder.candidate;
  }

  /** undefined before the first successful sync. */
  lastSuccess(): SyncSuccess | undefined {
    return this.#sources.record.lastSuccess;
  }

  /** As of the start of the newest sync; undefined before the first. */
  desired(): DesiredState | undefined {
    return this.#sources.services()?.desired();
  }

  /** When the Services were stored that stand in for those of the API server; see {@link ServiceSync.staleSinceMs}. */
  staleSinceMs(): number | undefined {
    return this.#sources.services()?.staleSinceMs();
  }

  /** What Services ask for and do not get. */
  problems(): readonly ServiceProblem[] {
    const { services, nodeServices } = this.#sources;
    return [...(services()?.problems() ?? []), ...nodeServices.problems()];
  }

  #waitingFor(): readonly string[] {
    const { services, settings } = this.#sources;
    return services()?.waitingFor() ?? [settings.waitingFor()];
  }
}
