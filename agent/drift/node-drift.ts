import type { ProxyMode } from "../../crds/api.ts";
import type { Dataplane } from "../dataplane/dataplane.ts";
import { combineDrift } from "./combine-drift.ts";
import { type DriftFacts, DriftGuard, type DriftGuardDeps } from "./drift-guard.ts";

export interface NodeDriftDeps extends Omit<DriftGuardDeps, "mode" | "requestRepair"> {
  readonly dataplanes: Iterable<Dataplane>;
  /** Rewrites everything of the mode, soon. */
  readonly requestRepair: (mode: ProxyMode) => void;
}

/** One {@link DriftGuard} for each mode that can notice external changes, and their combined facts. */
export class NodeDrift {
  readonly #guards: ReadonlyMap<ProxyMode, DriftGuard>;

  constructor({ dataplanes, requestRepair, ...deps }: NodeDriftDeps) {
    const guards = new Map<ProxyMode, DriftGuard>();
    for (const dataplane of dataplanes) {
      if (dataplane.watchDrift === undefined) continue;
      const { mode } = dataplane;
      const guard = new DriftGuard({ ...deps, mode, requestRepair: () => requestRepair(mode) });
      dataplane.watchDrift(guard);
      guards.set(mode, guard);
    }
    this.#guards = guards;
  }

  /** The policy may have changed. */
  reconsider(): void {
    for (const guard of this.#guards.values()) guard.reconsider();
  }

  /** The modes that can notice external changes, and whether some may be in the kernel. */
  drifted(): ReadonlyMap<ProxyMode, boolean> {
    return new Map([...this.#guards].map(([mode, { isDrifted }]) => [mode, isDrifted]));
  }

  /** @returns undefined where no running mode can notice external changes; before the first sync all modes count as running */
  facts(running: readonly Dataplane[]): DriftFacts | undefined {
    const all = [...this.#guards].map(([mode, guard]) => ({ mode, facts: guard.facts() }));
    const runs = (mode: ProxyMode): boolean =>
      running.length === 0 || running.some((dataplane) => dataplane.mode === mode);
    return combineDrift(all, {
      running: all.filter(({ mode }) => runs(mode)),
      severalRun: running.length > 1,
    });
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#guards.values()].map((guard) => guard.run(signal)));
  }
}
