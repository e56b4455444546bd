import assert from "node:assert/strict";
import { SeededSink } from "../../../../agent/watch/seeded-sink.ts";

describe("SeededSink", () => {
  let objects: Map<string, string>;
  let sink: SeededSink<string>;

  beforeEach(() => {
    objects = new Map();
    sink = new SeededSink({
      upsert: (key, kept) => objects.set(key, kept),
      delete: (key) => objects.delete(key),
    });
  });

  function restore(...keys: readonly string[]): void {
    sink.restore(keys.map((key) => [key, "stored"]));
  }

  it("restored objects stand in until the first list is complete; those not in the list are then deleted", () => {
    restore("a", "b");
    sink.upsert("a", "live");
    sink.upsert("c", "live");
    assert.deepEqual(Object.fromEntries(objects), { a: "live", b: "stored", c: "live" });
    sink.completeList();
    assert.deepEqual(Object.fromEntries(objects), { a: "live", c: "live" });
  });

  it("objects restored late do not replace what the API server has sent", () => {
    sink.upsert("a", "live");
    sink.upsert("b", "live");
    sink.delete("b");
    restore("a", "b", "c");
    assert.deepEqual(Object.fromEntries(objects), { a: "live", c: "stored" });
  });

  it("restores nothing after the first list", () => {
    sink.completeList();
    restore("a");
    assert.equal(objects.size, 0);
  });

  it("keeps what came after the first list when a list completes again", () => {
    restore("a");
    sink.completeList();
    sink.upsert("a", "live");
    sink.completeList();
    assert.deepEqual(Object.fromEntries(objects), { a: "live" });
  });
});
