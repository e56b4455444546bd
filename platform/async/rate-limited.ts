import type { Clock } from "./clock.ts";

const shortestIntervalMs = 10_000;

/**
 * Reads when somebody asks, at most every ten seconds: who asks more often gets the last result, or its error. For what
 * costs a process of its own, where anybody may ask.
 */
export function rateLimited<Result>(read: () => Promise<Result>, clock: Clock): () => Promise<Result> {
  let last: { readonly startMs: number; readonly result: Promise<Result> } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (last === undefined || nowMs - last.startMs >= shortestIntervalMs) {
      last = { startMs: nowMs, result: read() };
    }
    return last.result;
  };
}
