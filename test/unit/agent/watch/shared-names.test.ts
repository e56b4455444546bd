import assert from "node:assert/strict";
import { sharedName, sharedNames } from "../../../../agent/watch/shared-names.ts";

describe("names shared between endpoints", () => {
  it("equal lists are one list", () => {
    assert.equal(sharedNames(["zone-a", "zone-b"]), sharedNames(["zone-a", "zone-b"]));
    assert.deepEqual(sharedNames(["zone-a", "zone-b"]), ["zone-a", "zone-b"]);
  });

  it("lists that only look alike are not", () => {
    assert.deepEqual(sharedNames(["a,b"]), ["a,b"]);
    assert.deepEqual(sharedNames(["a", "b"]), ["a", "b"]);
    assert.deepEqual(sharedNames([]), []);
  });

  it("names that are no longer used do not stay for ever", () => {
    const before = sharedNames(["worker-1"]);
    for (let count = 0; count < 20_000; count++) sharedNames([`worker-1-${count}`]);
    assert.notEqual(sharedNames(["worker-1"]), before);
    assert.deepEqual(sharedNames(["worker-1"]), before);
  });

  it("a name stays what it is", () => assert.equal(sharedName("worker-1"), "worker-1"));
});
