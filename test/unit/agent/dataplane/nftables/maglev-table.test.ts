import assert from "node:assert/strict";
import {
  maglevTable,
  maglevTableSize,
  type MaglevEntry,
} from "../../../../../agent/dataplane/nftables/maglev-table.ts";

const names = (count: number): readonly MaglevEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `10.244.${index >> 8}.${index & 255} 8080`,
    weight: 1,
  }));

const shares = (table: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => table.filter((entry) => entry === index).length);

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
    assert.ok((sizes[49] ?? 0) <= 1);
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
