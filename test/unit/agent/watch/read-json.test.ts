import assert from "node:assert/strict";
import { fieldsOf, itemsOf, labelsOf, textOf } from "../../../../agent/watch/read-json.ts";

const others = [undefined, null, true, 7, "text"];

describe("reading JSON of unknown shape", () => {
  for (const value of [...others, ["a"]]) {
    it(`${JSON.stringify(value)} has no fields`, () => assert.deepEqual(fieldsOf(value), {}));
  }
  for (const value of [...others, { length: 1, 0: "a" }]) {
    it(`${JSON.stringify(value)} has no items`, () => assert.deepEqual(itemsOf(value), []));
  }
  it("only a string is a text", () => {
    assert.equal(textOf("a"), "a");
    assert.equal(textOf(1), undefined);
  });

  it("labels are the string values, whatever their keys", () => {
    const labels = labelsOf(JSON.parse('{"app":"a","__proto__":"b","constructor":"c","n":1,"o":{}}'));
    assert.deepEqual(Object.entries(labels), [
      ["app", "a"],
      ["__proto__", "b"],
      ["constructor", "c"],
    ]);
  });
});
