import { setTimeout as delay } from "node:timers/promises";
import { errorMessage } from "../platform/errors.ts";

/**
 * Calls `condition` repeatedly until it returns something other than undefined and false.
 * Rejects after `timeoutMs` with a sentence that contains `what` and the last error of `condition`.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  {
    timeoutMs = 15_000,
    intervalMs = 100,
  }: { readonly timeoutMs?: number; readonly intervalMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      const reason = lastError === undefined ? "" : `: ${errorMessage(lastError)}`;
      throw new Error(`timed out after ${timeoutMs / 1000} s waiting for ${what}${reason}`, {
        cause: lastError,
      });
    }
    await delay(intervalMs);
  }
}
