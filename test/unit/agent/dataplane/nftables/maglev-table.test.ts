import assert from "node:assert/strict";
import { maglevTable, maglevTableSize } from "../../../../../agent/dataplane/nftables/maglev-table.ts";

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `10.244.${index >> 8}.${index & 255} 8080`);

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
      assert.ok(changed <= 251 * 0.2, `${leaving}: ${changed} slots changed`);
    }
  });

  it("gives a name the same slots when the others are listed in the same order elsewhere", () => {
    assert.deepEqual(maglevTable(names(7), 251), maglevTable([...names(7)], 251));
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
