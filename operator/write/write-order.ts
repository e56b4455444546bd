import type { WriteKey } from "../plan/write-keys.ts";
import type { PlannedWrite } from "./planned-write.ts";

type Ordered = Pick<PlannedWrite, "key" | "follows">;

/**
 * Splits writes into stages: each write is in the first one after all that it follows, so that writes of one stage do
 * not wait for each other. In `writes`, a write comes after those that it follows; keys that are not in it count
 * as written.
 */
export function stagesOf<Write extends Ordered>(writes: readonly Write[]): readonly (readonly Write[])[] {
  const stageOf = new Map<WriteKey, number>();
  const stages: Write[][] = [];
  for (const write of writes) {
    const stage = Math.max(0, ...write.follows.map((key) => (stageOf.get(key) ?? -1) + 1));
    stageOf.set(write.key, stage);
    (stages[stage] ??= []).push(write);
  }
  return stages;
}

/** Whether a write may be made: every write that it follows is done. */
export function mayWrite({ follows }: Ordered, unwritten: ReadonlySet<WriteKey>): boolean {
  return follows.every((key) => !unwritten.has(key));
}
