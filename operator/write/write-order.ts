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

/**
 * The writes that can be tried now: each is due itself and follows none that is not. In `writes` a write stands behind
 * those that it follows.
 */
export function writesToTry<Write extends Ordered>(
  writes: readonly Write[],
  isDue: (key: WriteKey) => boolean,
): readonly Write[] {
  const waiting = new Set<WriteKey>();
  return writes.filter((write) => {
    if (isDue(write.key) && mayWrite(write, waiting)) return true;
    waiting.add(write.key);
    return false;
  });
}

/** Whether a write may be made: every write that it follows is done. */
export function mayWrite({ follows }: Ordered, unwritten: ReadonlySet<WriteKey>): boolean {
  return follows.every((key) => !unwritten.has(key));
}
