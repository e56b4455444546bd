import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { maglevTable, maglevTableSize, type MaglevEntry } from "../../../../agent/scheduling/maglev-table.ts";

const names = (count: number): readonly MaglevEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `10.244.${index >> 8}.${index & 255} 8080`,
    weight: 1,
  }));

const shares = (table: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => table.filter((entry) => entry === index).length);

/**
 * The pseudocode of Eisenbud et al., figure "Populate Maglev hashing lookup table", with whole permutations in memory and
 * the same two hashes.
 */
function textbookTable(entries: readonly MaglevEntry[], size: number): readonly number[] {
  const permutations = entries.map(({ name }) => {
    const digest = createHash("sha256").update(name).digest();
    const offset = digest.readUInt32BE(0) % size;
    const skip = (digest.readUInt32BE(4) % (size - 1)) + 1;
    return Array.from({ length: size }, (_, index) => (offset + index * skip) % size);
  });
  const next = entries.map(() => 0);
  const table = Array.from<number>({ length: size }).fill(-1);
  for (let filled = 0; ;) {
    for (const [index, permutation] of permutations.entries()) {
      let candidate = permutation[next[index] ?? 0] ?? 0;
      while ((table[candidate] ?? -1) >= 0) {
        next[index] = (next[index] ?? 0) + 1;
        candidate = permutation[next[index] ?? 0] ?? 0;
      }
      table[candidate] = index;
      next[index] = (next[index] ?? 0) + 1;
      filled += 1;
      if (filled === size) return table;
    }
  }
}

/** Of the slots whose entry is in both, the part that another entry has afterwards. */
function movedShare(
  before: readonly MaglevEntry[],
  after: readonly MaglevEntry[],
  table: (entries: readonly MaglevEntry[]) => readonly number[],
): number {
  const owners = table(after).map((index) => after[index]?.name);
  const stayers = new Set(after.map(({ name }) => name));
  const kept = [...table(before).entries()].filter(([, index]) => stayers.has(before[index]?.name ?? ""));
  return kept.filter(([slot, index]) => before[index]?.name !== owners[slot]).length / kept.length;
}

function tableOf1021(entries: readonly MaglevEntry[]): readonly number[] {
  return maglevTable(entries, 1_021);
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

describe("maglevTable", () => {
  it("fills every slot", () => {
    for (const count of [1, 2, 50, 250]) {
      const table = maglevTable(names(count), 251);
      assert.equal(table.length, 251);
      assert.ok(table.every((index) => index >= 0 && index < count));
    }
  });

  it("gives all names shares that differ by at most one", () => {
    for (const [count, size] of [
      [3, 251],
      [10, 251],
      [50, 251],
      [200, 1021],
    ] as const) {
      const sizes = shares(maglevTable(names(count), size), count);
      assert.ok(
        Math.max(...sizes) - Math.min(...sizes) <= 1,
        `${count} names in ${size} slots: ${sizes.join(" ")}`,
      );
    }
  });

  it("changes at most a fifth of the slots when one of ten names leaves", () => {
    const before = names(10);
    for (const leaving of before) {
      const after = before.filter((name) => name !== leaving);
      const old = maglevTable(before, 251).map((index) => before[index]);
      const changed = maglevTable(after, 251).filter((index, slot) => after[index] !== old[slot]).length;
      assert.ok(changed <= 251 * 0.2, `${leaving.name}: ${changed} slots changed`);
    }
  });

  it("gives a name the same slots when the others are listed in the same order elsewhere", () => {
    assert.deepEqual(maglevTable(names(7), 251), maglevTable([...names(7)], 251));
  });

  it("gives an entry slots in proportion to its weight, and none for weight 0", () => {
    const weighted = names(3).map((entry, index) => ({ ...entry, weight: [7, 3, 0][index] ?? 0 }));
    assert.deepEqual(shares(maglevTable(weighted, 251), 3), [176, 75, 0]);
    const heavy = names(50).map((entry, index) => ({ ...entry, weight: index === 49 ? 1 : 10 }));
    const sizes = shares(maglevTable(heavy, 251), 50);
    assert.ok(Math.min(...sizes.slice(0, 49)) >= 5, sizes.join(" "));
    assert.equal(sizes[49], 1);
  });

  it("keeps shares within two slots of the weights, whatever they are", () => {
    const weights = fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(weights, (numbers) => {
        const total = numbers.reduce((sum, weight) => sum + weight, 0);
        if (total === 0) return;
        const entries = names(numbers.length).map((entry, index) => ({
          ...entry,
          weight: numbers[index] ?? 0,
        }));
        const sizes = shares(maglevTable(entries, 1_021), numbers.length);
        const rounding = numbers.filter((weight) => weight > 0).length;
        for (const [index, weight] of numbers.entries()) {
          const size = sizes[index] ?? NaN;
          const exact = ((1_021 - rounding) * weight) / total;
          assert.ok(weight === 0 ? size === 0 : size >= 1);
          assert.ok(Math.abs(size - exact) <= 2 + rounding * (weight / total), `${size} for ${exact}`);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("is the textbook table where all weigh the same", () => {
    for (const count of [1, 2, 10, 60]) {
      const entries = names(count);
      assert.deepEqual(maglevTable(entries, 1_021), textbookTable(entries, 1_021));
    }
  });

  it("moves few slots of those that stay when one of ten leaves, as few as the textbook table", () => {
    for (const size of [251, 1_021, 4_093]) {
      const before = names(10);
      const rates = before.map((leaving) => {
        const after = before.filter((name) => name !== leaving);
        return movedShare(before, after, (entries) => maglevTable(entries, size));
      });
      const textbook = before.map((leaving) => {
        const after = before.filter((name) => name !== leaving);
        return movedShare(before, after, (entries) => textbookTable(entries, size));
      });
      assert.deepEqual(rates, textbook);
      assert.ok(Math.max(...rates) <= 0.1, `${size} slots: ${rates.join(" ")}`);
      assert.ok(average(rates) <= 0.08, `${size} slots: ${average(rates)}`);
    }
  });

  it("moves few slots more than it must when one of ten loses half its weight", () => {
    const before = names(10).map((entry) => ({ ...entry, weight: 10 }));
    const after = before.map((entry, index) => (index === 3 ? { ...entry, weight: 5 } : entry));
    const moved = movedShare(before, after, tableOf1021);
    const given = 0.05;
    assert.ok(moved <= given + 0.08, String(moved));
  });

  it("is empty of names when there are none", () => {
    assert.ok(maglevTable([], 251).every((index) => index === -1));
  });
});

describe("maglevTableSize", () => {
  const rows: readonly (readonly [number, number])[] = [
    [1, 251],
    [50, 251],
    [51, 1021],
    [204, 1021],
    [205, 4093],
    [20_000, 65_521],
  ];
  for (const [endpoints, size] of rows) {
    it(`is ${size} for ${endpoints} endpoints`, () => assert.equal(maglevTableSize(endpoints), size));
  }
});
