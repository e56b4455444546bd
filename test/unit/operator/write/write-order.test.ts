import assert from "node:assert/strict";
import { nodeProxyKey, revisionKey, statusKey, type WriteKey } from "../../../../operator/plan/write-keys.ts";
import { mayWrite, stagesOf, writesToTry } from "../../../../operator/write/write-order.ts";

const revision = { key: revisionKey("r"), follows: [] };
const step = { key: statusKey("c"), follows: [revision.key] };
const status = { key: statusKey("d"), follows: [] };
const changed = { key: nodeProxyKey("n1"), follows: [revision.key, step.key] };
const repaired = { key: nodeProxyKey("n2"), follows: [] };

function keysOf(writes: Parameters<typeof stagesOf>[0]) {
  return stagesOf(writes).map((stage) => stage.map(({ key }) => key));
}

describe("order of writes", () => {
  it("is history, step, NodeProxies, and nothing waits without need", () => {
    assert.deepEqual(keysOf([revision, step, status, changed, repaired]), [
      [revision.key, status.key, repaired.key],
      [step.key],
      [changed.key],
    ]);
  });

  it("does not wait for what has been written before", () => {
    assert.deepEqual(keysOf([changed]), [[changed.key]]);
    assert.deepEqual(keysOf([step, changed]), [[step.key], [changed.key]]);
    assert.deepEqual(keysOf([]), []);
  });

  it("leaves out what follows a write that was not made", () => {
    const unwritten = new Set<WriteKey>([step.key, changed.key]);
    assert.equal(mayWrite(changed, unwritten), false);
    assert.equal(mayWrite(step, unwritten), true);
    assert.equal(mayWrite(changed, new Set([changed.key])), true);
  });

  it("does not try what follows a write that is not due, directly or through others", () => {
    const writes = [revision, step, status, changed, repaired];
    const tried = (waiting: WriteKey) => writesToTry(writes, (key) => key !== waiting).map(({ key }) => key);
    assert.deepEqual(tried(revision.key), [status.key, repaired.key]);
    assert.deepEqual(tried(step.key), [revision.key, status.key, repaired.key]);
    assert.deepEqual(tried(repaired.key), [revision.key, step.key, status.key, changed.key]);
  });
});
