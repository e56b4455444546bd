/**
 * The order in which smooth weighted round robin visits items, as nginx does: in each cycle every item comes as often as
 * its count says, spread as evenly as possible: counts 5, 1, 1 are a a b a c a a. With equal counts items take turns.
 *
 * @param counts Integers, not negative.
 * @returns indexes of one cycle
 */
export function smoothOrder(counts: readonly number[]): readonly number[] {
  if (counts.every((count) => count === 1)) return [...counts.keys()];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const credit = counts.map(() => 0);
  return Array.from({ length: total }, () => {
    let chosen = 0;
    for (const [index, count] of counts.entries()) {
      credit[index] = (credit[index] ?? 0) + count;
      if ((credit[index] ?? 0) > (credit[chosen] ?? 0)) chosen = index;
    }
    credit[chosen] = (credit[chosen] ?? 0) - total;
    return chosen;
  });
}
