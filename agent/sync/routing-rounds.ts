import type { ProxyMode } from "../../crds/api.ts";
import type { ModeReport, SyncScope } from "../dataplane/mode-report.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";
import type { DesiredState, ServiceName } from "../services/desired-state.ts";
import type { PlacedModes } from "./placed-modes.ts";
import type { Refusals } from "./refusals.ts";

export interface RoutingRounds {
  readonly modes: PlacedModes;
  readonly desired: DesiredState;
  readonly scope: SyncScope;
  /** The Services that may have to be given to another mode, or that changed. */
  readonly candidates: ReadonlySet<ServiceName>;
  /** Modes that are not tried. One that fails is added. */
  readonly blocked: Set<ProxyMode>;
  /** What a mode refuses is added. */
  readonly refusals: Refusals;
  readonly beforeSync: (mode: ProxyMode) => void;
  /** Whether it is known what the modes hold; if not, the other modes wait until the main one is synced. */
  readonly isKnown: boolean;
  /** A mode besides the main one has failed. */
  readonly onFailure: (mode: ProxyMode, error: unknown) => void;
}

export interface RoundsResult {
  readonly done: ReadonlyMap<ProxyMode, ModeReport>;
  /** What the main mode threw; the other modes were synced all the same. */
  readonly mainFailure: { readonly error: unknown } | undefined;
}

/**
 * Syncs all modes and reports what each did. In the first round a mode adds its new Services and keeps those that move away. The
 * second round removes those that have arrived in their new mode, gives the main mode those that another mode failed to add or
 * refused, and makes a mode let pass what it refused and another one serves.
 */
export async function runRounds(rounds: RoutingRounds): Promise<RoundsResult> {
  const { modes, scope, candidates } = rounds;
  const done = new Map<ProxyMode, ModeReport>();
  let mainFailure: RoundsResult["mainFailure"];
  const run = async (runner: DataplaneRunner, part: SyncScope): Promise<void> => {
    const failure = await runMode(runner, part, rounds, done);
    if (runner.mode === modes.main) mainFailure ??= failure;
    else if (failure !== undefined) rounds.onFailure(runner.mode, failure.error);
  };
  const first: SyncScope = scope.kind === "full" ? scope : { kind: "partial", services: candidates };
  for (const runner of modes.active()) {
    if (!modes.isVacated(runner)) await run(runner, first);
    if (mainFailure !== undefined && !rounds.isKnown) return { done, mainFailure };
  }
  for (const runner of modes.active()) {
    const services = leftToDo(runner, rounds, done);
    if (services.size > 0 && !modes.isVacated(runner)) {
      await run(runner, { kind: "partial", services });
    }
  }
  return { done, mainFailure };
}

async function runMode(
  runner: DataplaneRunner,
  scope: SyncScope,
  { modes, desired, blocked, refusals, beforeSync }: RoutingRounds,
  done: Map<ProxyMode, ModeReport>,
): Promise<RoundsResult["mainFailure"]> {
  const { mode } = runner;
  if (blocked.has(mode)) return undefined;
  beforeSync(mode);
  try {
    const report = await runner.sync(modes.shareOf(mode, desired), scope);
    refusals.add(mode, report.rejected);
    done.set(mode, addReports(done.get(mode), report));
    return undefined;
  } catch (error) {
    done.delete(mode);
    blocked.add(mode);
    return { error };
  }
}

/** What the mode has and must not have, or the reverse. Of what it refused, only what another mode has to serve. */
function leftToDo(
  runner: DataplaneRunner,
  { modes, candidates }: Pick<RoutingRounds, "modes" | "candidates">,
  done: ReadonlyMap<ProxyMode, ModeReport>,
): ReadonlySet<ServiceName> {
  const refused = refusedBy(done.get(runner.mode));
  const isLeft = (name: ServiceName): boolean => {
    const hasToServe = modes.hasToServe(runner.mode, name);
    return refused.has(name) ? !hasToServe : hasToServe !== runner.has(name);
  };
  const others = [...done.values()].flatMap((report) => [...refusedBy(report)]);
  return new Set([...candidates, ...others].filter(isLeft));
}

function refusedBy(report: ModeReport | undefined): ReadonlySet<ServiceName> {
  return new Set(report?.rejected.map(({ service }) => service));
}

/** Combines two syncs of one mode. */
function addReports(first: ModeReport | undefined, second: ModeReport): ModeReport {
  if (first === undefined) return second;
  const scope = first.scope === "full" ? first.scope : second.scope;
  return { ...second, scope, changes: first.changes + second.changes };
}
