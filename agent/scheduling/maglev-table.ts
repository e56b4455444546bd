import { createHash } from "node:crypto";

/** Primes; a table has at least {@link slotsPerEndpoint} slots for each endpoint, so that shares differ little. */
const tableSizes = [251, 1021, 4093, 16_381, 65_521];
const slotsPerEndpoint = 5;

/**
 * Slots of the table for this many endpoints: 251 up to 50 endpoints. Weights do not count: a table of another size would
 * send nearly every client elsewhere.
 */
export function maglevTableSize(endpointCount: number): number {
  const wanted = endpointCount * slotsPerEndpoint;
  return tableSizes.find((size) => size >= wanted) ?? Math.max(...tableSizes);
}

/** An item that gets slots of a table. */
export interface MaglevEntry {
  readonly name: string;
  /** Share of the slots relative to the others; 0 takes none, any other at least one where there are enough. */
  readonly weight: number;
}

/**
 * The lookup table of Maglev (Eisenbud et al., NSDI 2016, section 3.4): for each slot the index of an entry, or -1 where no
 * entry has weight. Depends only on the entries, so all nodes agree. When an entry leaves, few slots of the other entries
 * change. `size` must be prime.
 */
export function maglevTable(entries: readonly MaglevEntry[], size: number): readonly number[] {
  const heaviest = Math.max(0, ...entries.map(({ weight }) => weight));
  const walks = [...entries.entries()]
    .filter(([, { weight }]) => weight > 0)
    .map(([index, entry]) => preferenceWalk(entry, { index, size, heaviest }));
  const table = Array.from<number>({ length: size }).fill(-1);
  let filled = walks.length === 0 ? size : 0;
  while (filled < size) {
    for (const walk of walks) {
      // All take a slot in the first round; in later rounds the heaviest, and each whose credit has reached its weight.
      walk.credit += walk.weight;
      if (walk.credit < heaviest || filled === size) continue;
      walk.credit -= heaviest;
      while (table[walk.slot] !== -1) walk.slot = (walk.slot + walk.skip) % size;
      table[walk.slot] = walk.index;
      filled += 1;
    }
  }
  return table;
}

interface PreferenceWalk {
  readonly index: number;
  slot: number;
  readonly skip: number;
  readonly weight: number;
  credit: number;
}

function preferenceWalk(
  { name, weight }: MaglevEntry,
  { index, size, heaviest }: { readonly index: number; readonly size: number; readonly heaviest: number },
): PreferenceWalk {
  const digest = createHash("sha256").update(name).digest();
  return {
    index,
    slot: digest.readUInt32BE(0) % size,
    skip: (digest.readUInt32BE(4) % (size - 1)) + 1,
    weight,
    credit: heaviest - weight,
  };
}
