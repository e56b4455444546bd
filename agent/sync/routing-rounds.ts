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
  /** A mode besides the main one has failed. */
  readonly onFailure: (mode: ProxyMode, error: unknown) => void;
}

/**
 * Syncs all modes and says what each did. In the first round a mode takes in what is new for it, and keeps what has to leave
 * while the mode that it goes to does not have it. The second round takes out what has arrived there, gives to the main mode
 * what another one failed to take in or refused, and makes a mode pass on what it refused and another one serves.
 * @throws what the main mode throws
 */
export async function runRounds(rounds: RoutingRounds): Promise<ReadonlyMap<ProxyMode, ModeReport>> {
  const { modes, scope, candidates } = rounds;
  const done = new Map<ProxyMode, ModeReport>();
  const first: SyncScope = scope.kind === "full" ? scope : { kind: "partial", services: candidates };
  for (const runner of modes.active()) {
    if (!modes.isVacated(runner)) await runMode(runner, first, rounds, done);
  }
  for (const runner of modes.active()) {
    const services = leftToDo(runner, rounds, done);
    if (services.size > 0 && !modes.isVacated(runner)) {
      await runMode(runner, { kind: "partial", services }, rounds, done);
    }
  }
  return done;
}

async function runMode(
  runner: DataplaneRunner,
  scope: SyncScope,
  { modes, desired, blocked, refusals, beforeSync, onFailure }: RoutingRounds,
  done: Map<ProxyMode, ModeReport>,
): Promise<void> {
  const { mode } = runner;
  if (blocked.has(mode)) return;
  beforeSync(mode);
  try {
    const report = await runner.sync(modes.shareOf(mode, desired), scope);
    refusals.add(mode, report.rejected);
    done.set(mode, addReports(done.get(mode), report));
  } catch (error) {
    if (mode === modes.main) throw error;
    done.delete(mode);
    blocked.add(mode);
    onFailure(mode, error);
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
