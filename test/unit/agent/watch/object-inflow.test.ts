import assert from "node:assert/strict";
import { ObjectInflow } from "../../../../agent/watch/object-inflow.ts";

describe("inflow of objects", () => {
  let objects: Map<string, string>;
  let inflow: ObjectInflow<string>;

  beforeEach(() => {
    objects = new Map();
    inflow = new ObjectInflow({
      upsert: (key, kept) => objects.set(key, kept),
      delete: (key) => objects.delete(key),
    });
  });

  function restore(...keys: readonly string[]): void {
    inflow.restore(keys.map((key) => [key, "stored"]));
  }

  it("what is restored stands in until the first list is complete; what the list does not have goes then", () => {
    restore("a", "b");
    inflow.upsert("a", "live");
    inflow.upsert("c", "live");
    assert.deepEqual(Object.fromEntries(objects), { a: "live", b: "stored", c: "live" });
    inflow.completeList();
    assert.deepEqual(Object.fromEntries(objects), { a: "live", c: "live" });
  });

  it("what is restored late replaces nothing that the API server has told", () => {
    inflow.upsert("a", "live");
    inflow.upsert("b", "live");
    inflow.delete("b");
    restore("a", "b", "c");
    assert.deepEqual(Object.fromEntries(objects), { a: "live", c: "stored" });
  });

  it("after the first list nothing is restored", () => {
    inflow.completeList();
    restore("a");
    assert.equal(objects.size, 0);
  });

  it("what came after the first list stays when it is complete once more", () => {
    restore("a");
    inflow.completeList();
    inflow.upsert("a", "live");
    inflow.completeList();
    assert.deepEqual(Object.fromEntries(objects), { a: "live" });
  });
});
