/** Weight of an endpoint that has none of its own. */
export const defaultWeight = 1;

/** Largest weight that can be asked for. */
export const maxWeight = 100;

/**
 * The same shares in lowest terms, so that equal shares are equal numbers; all 1 when every weight is 0, since then
 * nobody is preferred to anybody.
 *
 * @param weights Integers, not negative.
 */
export function relativeWeights(weights: readonly number[]): readonly number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  return weights.map((weight) => (divisor === 0 ? 1 : weight / divisor));
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
