import type { NodeProxyStatus, ProxyMode } from "../../crds/api.ts";
import { formatTime } from "../../platform/kube/time.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Logger } from "../../platform/log.ts";
import type { DriftObserver, ForeignChange } from "../dataplane/foreign-change.ts";
import { WakeSignal } from "../../platform/async/wake-signal.ts";
import { describeCulprit } from "./describe-culprit.ts";
import type { DriftMetrics } from "../metrics/drift-metrics.ts";
import {
  addChange,
  addRemoved,
  addRestored,
  calmTimeMs,
  type DriftPolicy,
  type DriftRecord,
  judgeDrifted,
  noDrift,
  repairTimeMs,
  sentence,
} from "./judge-drift.ts";

/** What the status reports about external changes. */
export interface DriftFacts {
  readonly status: NonNullable<NodeProxyStatus["drift"]>;
  readonly condition: ReturnType<typeof judgeDrifted>;
}

export interface DriftEvent {
  readonly type: "Warning";
  readonly reason: "DriftDetected" | "DriftRepaired";
  readonly message: string;
}

export interface DriftGuardDeps {
  readonly mode: ProxyMode;
  readonly policy: () => DriftPolicy;
  /** Rewrites everything of the mode, soon. */
  readonly requestRepair: () => void;
  readonly onEvent: (event: DriftEvent) => void;
  /** {@link DriftGuard.facts} may differ from before. */
  readonly onFactsChange: () => void;
  readonly metrics: DriftMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Requests repairs of external changes to one mode's kernel state, less and less often if they do not stop, and reports them. */
export class DriftGuard implements DriftObserver {
  readonly #deps: DriftGuardDeps;
  readonly #wakeSignal: WakeSignal;
  #record: DriftRecord = noDrift;
  #lastAt: number | undefined;
  #isRepairRequested = false;
  #watchProblem: string | undefined;

  constructor(deps: DriftGuardDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  onForeignChange(change: ForeignChange): void {
    const { mode, clock, log, metrics, onEvent, onFactsChange, policy } = this.#deps;
    const isFirst = this.#record.open === undefined;
    this.#record = addChange(this.#record, change, clock.monotonicMs());
    this.#lastAt = clock.now();
    metrics.countChange(mode);
    if (isFirst) {
      log.warn(
        { mode, culprit: change.culprit, what: change.what, policy: policy() },
        "another process changed our kernel state",
      );
      if (policy() === "Report")
        onEvent({ type: "Warning", reason: "DriftDetected", message: sentence(change) });
    }
    onFactsChange();
    this.#wakeSignal.wake();
  }

  onRestored(): void {
    const { mode, clock, log, metrics, onEvent, onFactsChange } = this.#deps;
    const { open } = this.#record;
    this.#isRepairRequested = false;
    if (open === undefined) return;
    this.#record = addRestored(this.#record, clock.monotonicMs());
    metrics.countRepair(mode);
    const afterMs = Math.round(clock.monotonicMs() - open.atMs);
    log.info({ mode, afterMs }, "repaired an external change");
    onEvent({
      type: "Warning",
      reason: "DriftRepaired",
      message: `${sentence(open.change)} It is repaired.`,
    });
    onFactsChange();
    this.#wakeSignal.wake();
  }

  onRemoved(): void {
    this.#isRepairRequested = false;
    if (!this.isDrifted) return;
    this.#record = addRemoved(this.#record);
    this.#deps.onFactsChange();
    this.#wakeSignal.wake();
  }

  onWatchChange(problem: string | undefined): void {
    if (problem === this.#watchProblem) return;
    this.#watchProblem = problem;
    const { mode, log, onFactsChange } = this.#deps;
    if (problem === undefined) log.info({ mode }, "external changes are noticed again");
    else log.warn({ mode, reason: problem }, "external changes are not noticed");
    onFactsChange();
  }

  /** The policy may have changed. */
  reconsider(): void {
    this.#wakeSignal.wake();
  }

  get isDrifted(): boolean {
    return this.#record.open !== undefined;
  }

  facts(): DriftFacts {
    const { policy, clock } = this.#deps;
    const { detectedTotal, lastChange } = this.#record;
    return {
      status: {
        detectedTotal,
        ...(this.#lastAt === undefined ? {} : { lastAt: formatTime(this.#lastAt) }),
        ...(lastChange === undefined ? {} : { lastCulprit: describeCulprit(lastChange.change.culprit) }),
      },
      condition: judgeDrifted(this.#record, {
        policy: policy(),
        watchProblem: this.#watchProblem,
        nowMs: clock.monotonicMs(),
      }),
    };
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, requestRepair, onFactsChange, policy } = this.#deps;
    while (!signal.aborted) {
      const calmMs = calmTimeMs(this.#record, clock.monotonicMs()) ?? Infinity;
      const repairMs =
        (this.#isRepairRequested ? undefined : repairTimeMs(this.#record, policy())) ?? Infinity;
      if (repairMs <= clock.monotonicMs()) {
        this.#isRepairRequested = true;
        requestRepair();
      } else {
        await this.#wakeSignal.wait(Math.min(calmMs, repairMs) - clock.monotonicMs(), signal);
        if (clock.monotonicMs() >= calmMs) onFactsChange();
      }
    }
  }
}
