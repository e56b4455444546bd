import { apiGroupVersion, type NodeProxy } from "../../crds/api.ts";
import type { EventRecorder } from "../../platform/kube/events.ts";
import type { Logger } from "../../platform/log.ts";
import type { Clause } from "../../platform/text/clause.ts";
import type { DriftEvent } from "../drift/drift-guard.ts";
import type { SyncMetrics } from "../metrics/sync-metrics.ts";
import { logOutcome } from "../sync/log-outcome.ts";
import type { SyncOutcome } from "../sync/sync-outcome.ts";
import { SyncRecord } from "../sync/sync-record.ts";
import { findNotableEvents, type NotableEvent } from "./notable-events.ts";
import { StatusWriter, type StatusWriterDeps } from "./status-writer.ts";

export interface ReporterDeps extends StatusWriterDeps {
  readonly events: EventRecorder;
  readonly metrics: SyncMetrics;
  readonly log: Logger;
}

/** Reports what happens on this node: in the log, in metrics, as Events on its NodeProxy and in the status. */
export class Reporter {
  /** The newest syncs. */
  readonly record = new SyncRecord();
  readonly #deps: ReporterDeps;
  readonly #statusWriter: StatusWriter;
  #nodeProxy: Pick<NodeProxy, "metadata"> | undefined;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#statusWriter = new StatusWriter(deps);
  }

  /** The NodeProxy as the API server has it; undefined when there is none, and with it no place for status and Events. */
  setNodeProxy(nodeProxy: Pick<NodeProxy, "metadata" | "status"> | undefined): void {
    this.#nodeProxy = nodeProxy;
    this.#statusWriter.setNodeProxy(nodeProxy);
  }

  reportOutcome(outcome: SyncOutcome): void {
    const { metrics, log } = this.#deps;
    logOutcome(log, outcome);
    this.#recordEvents(findNotableEvents(outcome, this.record.lastSuccess));
    this.record.add(outcome);
    metrics.record(outcome);
    this.requestStatusWrite();
  }

  /** @param problem why the node can run no mode of the newest settings */
  reportModeProblem(problem: Clause): void {
    this.#recordEvents([{ type: "Warning", reason: "ModeUnsupported", message: problem }]);
    this.requestStatusWrite();
  }

  reportDrift(event: DriftEvent): void {
    this.#recordEvents([event]);
  }

  /** Something that the status shows may have changed. */
  requestStatusWrite(): void {
    this.#statusWriter.requestWrite();
  }

  /** Runs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#statusWriter.run(signal);
  }

  #recordEvents(notable: readonly (NotableEvent | DriftEvent)[]): void {
    if (this.#nodeProxy === undefined) return;
    const { name, uid } = this.#nodeProxy.metadata;
    const regarding = {
      apiVersion: apiGroupVersion,
      kind: "NodeProxy",
      name,
      ...(uid === undefined ? {} : { uid }),
    };
    for (const event of notable) this.#deps.events.record({ regarding, ...event });
  }
}
