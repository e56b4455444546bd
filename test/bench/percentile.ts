/** The smallest of `values` that at least `percent` of them do not exceed (nearest rank). @throws RangeError if there are none */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("no values to take a percentile of");
  return value;
}
