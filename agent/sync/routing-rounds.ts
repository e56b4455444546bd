import type { ProxyMode } from "../../crds/api.ts";
import type { ModeReport, SyncScope } from "../dataplane/mode-report.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";
import type { DesiredState, ServiceName } from "../services/desired-state.ts";
import type { PlacedModes } from "./placed-modes.ts";

export interface RoutingRounds {
  readonly modes: PlacedModes;
  readonly desired: DesiredState;
  readonly scope: SyncScope;
  /** The Services that may have to be given to another mode, or that changed. */
  readonly candidates: ReadonlySet<ServiceName>;
  /** Modes that are not tried. One that fails is added. */
  readonly blocked: Set<ProxyMode>;
  readonly beforeSync: (mode: ProxyMode) => void;
  /** A mode besides the main one has failed. */
  readonly onFailure: (mode: ProxyMode, error: unknown) => void;
}

/**
 * Syncs all modes and reports what each did. In the first round a mode adds its new Services and keeps those that move away. The
 * second round removes those that have arrived in their new mode, and gives the main mode those that another mode failed to add.
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
  { modes, desired, blocked, beforeSync, onFailure }: RoutingRounds,
  done: Map<ProxyMode, ModeReport>,
): Promise<void> {
  const { mode } = runner;
  if (blocked.has(mode)) return;
  beforeSync(mode);
  try {
    const report = await runner.sync(modes.shareOf(mode, desired), scope);
    done.set(mode, addReports(done.get(mode), report));
  } catch (error) {
    if (mode === modes.main) throw error;
    done.delete(mode);
    blocked.add(mode);
    onFailure(mode, error);
  }
}

/** The Services that the mode has and must not have, or the reverse, without those it refused. */
function leftToDo(
  runner: DataplaneRunner,
  { modes, candidates }: Pick<RoutingRounds, "modes" | "candidates">,
  done: ReadonlyMap<ProxyMode, ModeReport>,
): ReadonlySet<ServiceName> {
  const refused = new Set(done.get(runner.mode)?.rejected.map(({ service }) => service));
  const isLeft = (name: ServiceName): boolean =>
    modes.hasToServe(runner.mode, name) !== runner.has(name) && !refused.has(name);
  return new Set([...candidates].filter(isLeft));
}

/** Combines two syncs of one mode. */
function addReports(first: ModeReport | undefined, second: ModeReport): ModeReport {
  if (first === undefined) return second;
  const scope = first.scope === "full" ? first.scope : second.scope;
  return { ...second, scope, changes: first.changes + second.changes };
}
