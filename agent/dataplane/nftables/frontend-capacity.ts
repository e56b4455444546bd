/** Decides for how many frontends a new table has room, from how many it gets at first; at least as many. */
export type CapacityPolicy = (frontends: number) => number;

/** Room in a map that is declared without a size: the kernel lets it grow as long as there is memory. */
export const unbounded = Infinity;

/** With fewer frontends a size would save less than a tenth of a millisecond. */
const fewestSized = 4_000;
/** The number of frontends may become so many times what it was. */
const roomForGrowth = 1.5;

/**
 * The size with which the map of frontends is declared in a table that is made for so many of them.
 *
 * With each new `goto` in the map the kernel walks the whole map, once for each base chain that leads to it. The table of a
 * map with a size (nft_set_hash.c, `nft_hash`) is walked in two thirds of the time that one without takes (`nft_rhash`).
 * One changed verdict through `nft -i`, medians on kernel 6.18, with none and with this size:
 * 0.43 and 0.39 ms for 2,000 frontends, 0.56 and 0.48 for 4,000, 0.94 and 0.71 for 8,000, 1.6 and 1.15 for 15,000,
 * 3.0 and 2.15 for 30,000. Twice the size takes 2 % longer.
 *
 * The size is fixed, so there is room for half as many again, up to twice as many again. The kernel makes 4/3 buckets for each
 * place and rounds them up to a power of two, of 8 bytes each: three quarters of a power of two get all that these buckets can have.
 */
export function frontendCapacity(frontends: number): number {
  if (frontends < fewestSized) return unbounded;
  return 3 * 2 ** Math.ceil(Math.log2((frontends * roomForGrowth) / 3));
}
