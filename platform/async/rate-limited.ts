import type { Clock } from "./clock.ts";

const shortestIntervalMs = 10_000;

/**
 * Reads on request, at most every ten seconds: callers that ask more often get the last result, or its error. For readings
 * that start a process and that any client may request.
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
