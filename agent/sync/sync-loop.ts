import type { NodeProxySpec, ProxyMode } from "../../crds/api.ts";
import { backoffDelayMs } from "../../platform/async/backoff.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { SyncScope } from "../dataplane/mode-report.ts";
import { WakeSignal } from "../../platform/async/wake-signal.ts";
import type { CatalogChanges } from "../services/catalog/service-catalog.ts";
import { attemptSync } from "./attempt-sync.ts";
import type { ModeSwitch } from "./mode-switch.ts";
import { type NextSync, planNextSync } from "./plan-next-sync.ts";
import type { ModeRouter } from "./router.ts";
import type { SyncFailure, SyncOutcome, SyncSuccess } from "./sync-outcome.ts";
import { WaitingChanges } from "./waiting-changes.ts";

const retryBackoff = { baseDelayMs: 1_000, maxDelayMs: 30_000 };

export interface SyncLoopDeps {
  /** What should be in the kernel, and what of it changed since the last call. */
  readonly takeChanges: () => Pick<CatalogChanges, "scope" | "desired" | "triggerTimes">;
  /** False while `takeChanges` would tell only a part; nothing is written to the kernel then. */
  readonly isReady: () => boolean;
  readonly modes: ModeSwitch;
  readonly router: ModeRouter;
  /** Called after each sync. */
  readonly onOutcome: (outcome: SyncOutcome) => void;
  /** The kernel matches the latest changes from `takeChanges`, whether or not that took a sync. */
  readonly onInStep: (last: LastSync) => void;
  readonly clock: Clock;
  /** Like Math.random, for the jitter of retries. */
  readonly random?: () => number;
}

/** What flows may have experienced up to now. */
export type LastSync = Pick<SyncSuccess, "refilled" | "moved">;

const nothingDone: LastSync = { refilled: new Set(), moved: new Set() };

/**
 * Keeps the kernel equal to the desired state: one sync at a time, changes in between are merged, a failure is repeated
 * with back-off and as a full sync. Level-triggered: a request only says "look again".
 */
export class SyncLoop {
  readonly #deps: SyncLoopDeps;
  readonly #wakeSignal: WakeSignal;
  readonly #waiting: WaitingChanges;
  #settings: NodeProxySpec | undefined;
  #lastSuccess: SyncSuccess | undefined;
  #failures = 0;
  readonly #damaged = new Set<ProxyMode>();
  // Monotonic milliseconds.
  #retryAtMs: number | undefined;
  #lastEndMs: number | undefined;
  #lastFullMs: number | undefined;

  constructor(deps: SyncLoopDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
    this.#waiting = new WaitingChanges(deps.clock);
  }

  /** The desired state may have changed, or become ready. */
  requestSync(): void {
    this.#waiting.add();
    this.#wakeSignal.wake();
  }

  /** Another process has changed the kernel state of a mode: the mode is refilled at once. */
  requestRepair(mode: ProxyMode): void {
    this.#damaged.add(mode);
    this.#wakeSignal.wake();
  }

  /** New settings are tried at once, also after failures. */
  setSettings(settings: NodeProxySpec): void {
    this.#settings = settings;
    this.#retryAtMs = undefined;
    this.#failures = 0;
    this.requestSync();
  }

  /** How long the oldest change has been waiting for the kernel, in milliseconds; undefined when none does. */
  oldestChangeMs(): number | undefined {
    return this.#waiting.oldestMs();
  }

  /** Runs until `signal` aborts; what is in the kernel stays. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const settings = this.#settings;
      const next = this.#planNext(settings);
      const waitMs = next.atMs - this.#deps.clock.monotonicMs();
      if (settings === undefined || waitMs > 0) await this.#wakeSignal.wait(waitMs, signal);
      else await this.#sync(settings, next);
    }
  }

  #planNext(settings: NodeProxySpec | undefined): NextSync {
    if (settings === undefined || !this.#deps.isReady()) return { atMs: Infinity, full: true };
    return planNextSync({
      requested: this.#waiting.queued,
      repairRequested: this.#damaged.size > 0,
      modeRetryAtMs: this.#deps.router.nextRetryMs,
      lastEndMs: this.#lastEndMs,
      lastFullMs: this.#lastFullMs,
      retryAtMs: this.#retryAtMs,
      minPeriodMs: settings.config.sync.minPeriodMilliseconds,
      fullPeriodMs: settings.config.sync.fullResyncPeriodSeconds * 1_000,
    });
  }

  async #sync(settings: NodeProxySpec, { full }: NextSync): Promise<void> {
    const { modes, router, clock } = this.#deps;
    const startMs = clock.monotonicMs();
    const isAwaited = this.#takeDamage() || (router.nextRetryMs ?? Infinity) <= startMs;
    this.#waiting.take();
    const { desired, scope, triggerTimes } = this.#deps.takeChanges();
    if (!full && !isAwaited && isEmpty(scope) && settings === this.#lastSuccess?.settings) {
      this.#waiting.complete();
      this.#deps.onInStep(nothingDone);
      return;
    }
    const attempt = await attemptSync({
      modes,
      router,
      config: settings.config,
      desired,
      scope: full ? { kind: "full" } : scope,
    });
    this.#lastEndMs = this.#deps.clock.monotonicMs();
    const facts = { settings, durationMs: this.#lastEndMs - startMs };
    if (attempt.kind === "success") this.#succeed({ ...attempt, ...facts, triggerTimes });
    else this.#fail({ ...attempt, ...facts });
  }

  /** Whether some mode has to be refilled because another process has changed its kernel state. */
  #takeDamage(): boolean {
    const damaged = [...this.#damaged];
    this.#damaged.clear();
    for (const mode of damaged) this.#deps.router.expectDamage(mode);
    return damaged.length > 0;
  }

  #succeed(sync: Omit<SyncSuccess, "at" | "changeLatencyMs">): void {
    this.#failures = 0;
    this.#retryAtMs = undefined;
    if (sync.scope === "full") this.#lastFullMs = this.#lastEndMs;
    const isFirst = this.#lastSuccess === undefined;
    const waitedMs = this.#waiting.complete();
    // Before the first sync, changes wait for all lists to arrive: that is start-up, not latency.
    this.#lastSuccess = {
      ...sync,
      at: this.#deps.clock.now(),
      changeLatencyMs: isFirst ? undefined : waitedMs,
      triggerTimes: isFirst ? [] : sync.triggerTimes,
    };
    this.#deps.onOutcome(this.#lastSuccess);
    this.#deps.onInStep(this.#lastSuccess);
  }

  #fail(sync: Omit<SyncFailure, "failures">): void {
    this.#failures += 1;
    this.#waiting.fail();
    const delayMs = backoffDelayMs(this.#failures, retryBackoff, this.#deps.random);
    // Settings that arrived in the meantime may fix the failure.
    this.#retryAtMs = sync.settings === this.#settings ? this.#deps.clock.monotonicMs() + delayMs : undefined;
    // The state of the kernel is now unknown.
    this.#lastFullMs = undefined;
    this.#deps.onOutcome({ ...sync, failures: this.#failures });
  }
}

function isEmpty(scope: SyncScope): boolean {
  return scope.kind === "partial" && scope.services.size === 0;
}
