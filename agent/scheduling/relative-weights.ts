/** Weight of an endpoint without a weight of its own. */
export const defaultWeight = 1;

/** Largest weight that an annotation can set. */
export const maxWeight = 100;

/**
 * The same shares in lowest terms, so that equal shares are equal numbers. When every weight is 0, all shares are equal: 1.
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
