import type { Clock } from "../../platform/async/clock.ts";

/** The API server usually answers within this time. */
const graceMs = 2_000;
/** The kernel's rules may be flushed while the API server is still away. */
const checkAgainMs = 5_000;

/**
 * Serves the objects that an earlier run stored while the API server does not answer, on a node without rules: it has just
 * booted, or another process has removed them. Existing rules are at least as new as the stored objects and stay untouched.
 * Resolves when the first lists are complete, when something was served or nothing is stored, and when `signal` aborts.
 */
export async function bridgeOutage<Stored>({
  isWaiting,
  hasRules,
  read,
  serve,
  clock,
  signal,
}: {
  /** Whether the first lists are not complete. */
  readonly isWaiting: () => boolean;
  /** Whether the kernel has rules of ours. */
  readonly hasRules: () => Promise<boolean>;
  /** undefined when nothing usable is stored. */
  readonly read: () => Promise<Stored | undefined>;
  readonly serve: (stored: Stored) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  const mustWait = (): boolean => !signal.aborted && isWaiting();
  await clock.sleep(graceMs, signal);
  while (mustWait()) {
    if (!(await hasRules())) {
      const stored = await read();
      if (stored !== undefined && mustWait()) serve(stored);
      return;
    }
    await clock.sleep(checkAgainMs, signal);
  }
}
