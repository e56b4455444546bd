import { createHash } from "node:crypto";

/** Primes; a table has at least {@link slotsPerEndpoint} slots for each endpoint, so that shares differ little. */
const tableSizes = [251, 1021, 4093, 16_381, 65_521];
const slotsPerEndpoint = 5;

/** Slots of the table for this many endpoints: 251 up to 50 endpoints. */
export function maglevTableSize(endpointCount: number): number {
  const wanted = endpointCount * slotsPerEndpoint;
  return tableSizes.find((size) => size >= wanted) ?? Math.max(...tableSizes);
}

/**
 * The lookup table of Maglev (Eisenbud et al., NSDI 2016, section 3.4): for each slot the index of a name. Depends only on
 * the set of names, so all nodes agree; a name that leaves takes few slots of others along. `size` must be prime.
 */
export function maglevTable(names: readonly string[], size: number): readonly number[] {
  const walks = names.map((name) => preferenceWalk(name, size));
  const table = Array.from<number>({ length: size }).fill(-1);
  let filled = 0;
  while (filled < size && walks.length > 0) {
    for (const [index, walk] of walks.entries()) {
      while (table[walk.slot] !== -1) walk.slot = (walk.slot + walk.skip) % size;
      table[walk.slot] = index;
      filled += 1;
      if (filled === size) break;
    }
  }
  return table;
}

interface PreferenceWalk {
  slot: number;
  readonly skip: number;
}

function preferenceWalk(name: string, size: number): PreferenceWalk {
  const digest = createHash("sha256").update(name).digest();
  return { slot: digest.readUInt32BE(0) % size, skip: (digest.readUInt32BE(4) % (size - 1)) + 1 };
}
