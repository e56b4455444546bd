/** Slots of one set of endpoints where weights make more than one slot each. Each frontend repeats them. */
const mostSlots = 1_024;
/** With more than half as many endpoints the bound is this number for each. */
const slotsPerEndpoint = 2;

/**
 * How many slots each endpoint has: its weight, while the weights sum up to at most 1024 (twice the number of endpoints
 * where that is more). Larger ones are scaled down to that sum and rounded down, but not below one slot: an endpoint then
 * has less than a slot too few, or one slot in place of a fraction.
 *
 * @param weights Integers, not negative, in lowest terms, at least one above 0.
 */
export function slotCounts(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const bound = Math.max(mostSlots, weights.length * slotsPerEndpoint);
  if (sum <= bound) return weights;
  return weights.map((weight) => (weight === 0 ? 0 : Math.max(1, Math.floor((weight * bound) / sum))));
}
