export interface Backoff {
  /** Delay before the first retry, in milliseconds. */
  readonly baseDelayMs: number;
  /** Maximum delay, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * Delay before the next attempt, in milliseconds. It doubles from the base up to the maximum. A random factor between a half
 * and one prevents many clients that failed together from retrying together.
 *
 * @param failures number of consecutive failures, at least 1
 * @param random like Math.random
 */
export function backoffDelayMs(
  failures: number,
  { baseDelayMs, maxDelayMs }: Backoff,
  random: () => number = Math.random,
): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** (failures - 1));
  return full * (0.5 + random() / 2);
}
