import type { RejectedService } from "../dataplane.ts";
import type { TablePlan } from "./applied-state.ts";
import type { AffinityMemory } from "./ruleset.ts";

/** What one call did to one table. */
export interface TableReport {
  /** Objects and elements added or deleted. */
  readonly changes: number;
  readonly rejected: readonly RejectedService[];
  /** Affinity that may now point to endpoints that are no longer usable. */
  readonly suspectMemories: readonly AffinityMemory[];
}

export const nothingDone: TableReport = { changes: 0, rejected: [], suspectMemories: [] };

export function sumReports(left: TableReport, right: TableReport): TableReport {
  return {
    changes: left.changes + right.changes,
    rejected: [...left.rejected, ...right.rejected],
    suspectMemories: [...left.suspectMemories, ...right.suspectMemories],
  };
}

/** The report about a plan that the kernel took. */
export function reportOf(plan: TablePlan): TableReport {
  const { newMaps, newChains, changedChains, deletes, adds, unusedChains, unusedMaps } = plan;
  const objects = newMaps.size + newChains.size + changedChains.size + unusedChains.size + unusedMaps.length;
  return {
    changes: objects + deletes.length + adds.length,
    rejected: [],
    suspectMemories: plan.suspectMemories,
  };
}
