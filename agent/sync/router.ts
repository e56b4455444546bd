import type { ProxyMode } from "../../crds/api.ts";
import type { Clock } from "../../platform/async/clock.ts";
import type { Logger } from "../../platform/log.ts";
import type { Dataplane } from "../dataplane/dataplane.ts";
import type { UnsupportedFeature } from "../dataplane/find-unsupported.ts";
import type { ModeReport, SyncScope } from "../dataplane/mode-report.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import type { DesiredService, DesiredState, ServiceName } from "../services/desired-state.ts";
import type { MissingRequirements } from "./choose-mode.ts";
import { describeFailure } from "./describe-failure.ts";
import { FailingModes } from "./failing-modes.ts";
import { findEmptyModes } from "./find-empty-modes.ts";
import { findMisplaced } from "./find-misplaced.ts";
import { IdleModes } from "./idle-modes.ts";
import { PlacedModes } from "./placed-modes.ts";
import { Refusals } from "./refusals.ts";
import { type RoutedSync, sumModes } from "./routed-sync.ts";
import { runRounds } from "./routing-rounds.ts";
import { WantedModes } from "./wanted-modes.ts";

export interface ModeRouterDeps {
  readonly runners: ReadonlyMap<ProxyMode, DataplaneRunner>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Like Math.random, for the jitter of retries. */
  readonly random?: () => number;
}

export interface RouteRequest {
  /** The mode of all Services that no rule gives to another usable mode. */
  readonly main: ProxyMode;
  readonly missing: MissingRequirements;
  readonly desired: DesiredState;
  readonly scope: SyncScope;
}

/** There may be one for every Service, so the list is kept until its inputs change. */
interface MisplacedList {
  readonly unmetVersion: number;
  readonly missing: MissingRequirements;
  readonly features: readonly UnsupportedFeature[];
}

/**
 * Gives each Service to its mode. A Service joins its new mode before it leaves the old one, so some mode always serves it. If
 * the new mode fails or refuses it, it stays where it is. A mode besides the main one that fails is left alone for 1 to 30
 * seconds and holds up no other; what it, or a mode that refuses it, leaves in no mode goes to the main one. Modes without Services are cleaned up.
 */
export class ModeRouter implements ServingModes {
  readonly #runners: ReadonlyMap<ProxyMode, DataplaneRunner>;
  readonly #log: Logger;
  readonly #failing: FailingModes;
  readonly #idle: IdleModes;
  readonly #refusals = new Refusals();
  readonly #wanted = new WantedModes();
  readonly #modes: PlacedModes;
  /** The newest report of each running mode. */
  #reports: ReadonlyMap<ProxyMode, ModeReport> = new Map();
  /** Services that wait for a mode that fails. */
  #pending: ReadonlySet<ServiceName> = new Set();
  #misplaced: MisplacedList | undefined;
  /** Whether no sync of this process was successful yet. */
  #isFirst = true;

  constructor({ runners, clock, log, random }: ModeRouterDeps) {
    this.#runners = runners;
    this.#log = log;
    this.#failing = new FailingModes({ clock, random });
    this.#idle = new IdleModes(log);
    this.#modes = new PlacedModes(runners, this.#wanted);
  }

  /** @throws what the main mode throws, after the other modes were synced */
  async sync(request: RouteRequest): Promise<RoutedSync> {
    const { main, desired } = request;
    const scope: SyncScope = this.#modes.main === main ? request.scope : { kind: "full" };
    this.#place(request, scope);
    this.#failing.remove(main);
    const blocked = this.#failing.startSync();
    const candidates = this.#candidates(scope);
    this.#refusals.forget(scope.kind === "full" ? scope : { kind: "partial", services: candidates });
    const refuses = (mode: ProxyMode, service: ServiceName): boolean => this.#refusals.has(mode, service);
    const empty = this.#isFirst ? await this.#findEmpty(main) : new Set<ProxyMode>();
    this.#modes.start({ main, blocked, refuses, empty }, desired.services);
    const before = scope.kind === "full" ? new Map() : this.#modesOf(candidates);
    const { done, mainFailure } = await runRounds({
      modes: this.#modes,
      desired,
      scope,
      candidates,
      blocked,
      refusals: this.#refusals,
      isKnown: !this.#isFirst,
      beforeSync: (mode) => this.#idle.use(mode),
      onFailure: (mode, error) => this.#onFailure(mode, error),
    });
    for (const mode of done.keys()) this.#failing.remove(mode);
    this.#pending = this.#findPending(candidates);
    this.#keepReports(done);
    if (mainFailure !== undefined) throw mainFailure.error;
    this.#isFirst = false;
    await this.#retire();
    this.#keepReports(done);
    const moved = [...before].filter(([name, mode]) => hasMoved(mode, this.of(name)?.mode));
    return { ...this.#sum(request, done), moved: new Set(moved.map(([name]) => name)) };
  }

  /** A mode's kernel state has been changed by another process: the next sync rewrites it. */
  expectDamage(mode: ProxyMode): void {
    this.#runners.get(mode)?.expectDamage();
  }

  /** When a mode that failed is tried again, in the clock's monotonic milliseconds; undefined when none fails. */
  get nextRetryMs(): number | undefined {
    return this.#failing.nextRetryMs;
  }

  /** Whether the main mode serves a Service because the node cannot run the mode that a rule asks for. */
  get hasUnmet(): boolean {
    return this.#wanted.unmet.size > 0;
  }

  running(): readonly Dataplane[] {
    return this.#modes.running();
  }

  of(service: ServiceName): Dataplane | undefined {
    return this.#modes.of(service);
  }

  servicesOf(mode: ProxyMode): ReadonlyMap<ServiceName, DesiredService> {
    return this.#modes.servicesOf(mode);
  }

  /** A mode with Services stays usable: a temporary problem of the node does not move them. */
  #place({ main, missing, desired }: RouteRequest, scope: SyncScope): void {
    const canRun = (mode: ProxyMode): boolean => (missing.get(mode) ?? []).length === 0;
    const usable = [...this.#runners.values()].filter(({ mode, size }) => size > 0 || canRun(mode));
    const rules = { main, usable: new Set(usable.map(({ mode }) => mode)) };
    if (scope.kind === "full") {
      this.#wanted.replace(desired.services.values(), rules);
    } else {
      for (const name of scope.services) this.#wanted.update(name, desired.services.get(name), rules);
    }
  }

  async #findEmpty(main: ProxyMode): Promise<ReadonlySet<ProxyMode>> {
    const runner = this.#runners.get(main);
    const others = [...this.#runners.values()].filter(({ mode }) => this.#wanted.count(mode) > 0);
    return runner === undefined
      ? new Set()
      : await findEmptyModes(
          runner.dataplane,
          others.map(({ dataplane }) => dataplane),
        );
  }

  /** The Services that changed, or may have to be given to another mode. */
  #candidates(scope: SyncScope): ReadonlySet<ServiceName> {
    if (scope.kind === "full") return new Set([...this.#wanted.others.keys(), ...this.#pending]);
    return this.#pending.size === 0 ? scope.services : new Set([...scope.services, ...this.#pending]);
  }

  async #retire(): Promise<void> {
    await this.#idle.retire(this.#modes.vacated());
    for (const { mode, size } of this.#modes.vacated()) if (size === 0) this.#failing.remove(mode);
  }

  #onFailure(mode: ProxyMode, error: unknown): void {
    const message = describeFailure(error);
    this.#log.warn({ mode, reason: message }, "a mode besides the main one failed, trying again later");
    this.#failing.add(mode, message);
  }

  #findPending(candidates: ReadonlySet<ServiceName>): ReadonlySet<ServiceName> {
    const isPending = (name: ServiceName): boolean => {
      const mode = this.#wanted.others.get(name);
      return (
        mode !== undefined && this.#failing.messageOf(mode) !== undefined && this.of(name)?.mode !== mode
      );
    };
    return new Set([...candidates].filter(isPending));
  }

  #modesOf(services: Iterable<ServiceName>): ReadonlyMap<ServiceName, ProxyMode | undefined> {
    return new Map([...services].map((name) => [name, this.of(name)?.mode]));
  }

  #keepReports(done: ReadonlyMap<ProxyMode, ModeReport>): void {
    const reports = this.#modes
      .active()
      .flatMap(({ mode }) => done.get(mode) ?? this.#reports.get(mode) ?? [])
      .map((report) => ({ ...report, rejected: this.#refusals.of(report.mode) }));
    this.#reports = new Map(reports.map((report) => [report.mode, report]));
  }

  #sum({ missing }: RouteRequest, done: ReadonlyMap<ProxyMode, ModeReport>): Omit<RoutedSync, "moved"> {
    const running = [...this.#reports.values()];
    const unsupported = this.#findMisplaced(missing);
    const servedBy = (name: ServiceName): ProxyMode | undefined => this.of(name)?.mode;
    const failing = this.#failing.list();
    return { ...sumModes({ done, running, unsupported, servedBy }), failing };
  }

  #findMisplaced(missing: MissingRequirements): readonly UnsupportedFeature[] {
    const { unmet, unmetVersion, others } = this.#wanted;
    const kept = this.#misplaced;
    const isCurrent = kept?.unmetVersion === unmetVersion && kept.missing === missing;
    if (kept !== undefined && isCurrent && this.#pending.size === 0) return kept.features;
    const features = findMisplaced({
      unmet,
      pending: [...this.#pending].flatMap((name) => withMode(name, others.get(name))),
      missing,
      known: [...this.#runners.keys()],
      messageOf: (mode) => this.#failing.messageOf(mode),
      servedBy: (name) => this.of(name)?.mode,
    });
    this.#misplaced = this.#pending.size === 0 ? { unmetVersion, missing, features } : undefined;
    return features;
  }
}

function withMode(
  name: ServiceName,
  mode: ProxyMode | undefined,
): readonly { readonly name: ServiceName; readonly mode: ProxyMode }[] {
  return mode === undefined ? [] : [{ name, mode }];
}

function hasMoved(before: ProxyMode | undefined, after: ProxyMode | undefined): boolean {
  return before !== undefined && after !== undefined && before !== after;
}
