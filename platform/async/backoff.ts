export interface Backoff {
  /** Delay before the first repetition, in milliseconds. */
  readonly baseDelayMs: number;
  /** No delay is longer than this, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * How long to wait before the next attempt, in milliseconds: doubling from the base up to the maximum, of which a random
 * part between half and all, so that many clients that failed together do not return together.
 *
 * @param failures attempts that failed in a row, 1 or more
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
