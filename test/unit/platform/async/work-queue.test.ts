import assert from "node:assert/strict";
import { createWorkQueue, type Result } from "../../../../platform/async/work-queue.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

const done: Result = { kind: "done" };

/** A running queue; `started` lists each reconciliation of a key with its time. */
function start({
  concurrency = 1,
  reconcile = async () => done,
}: { concurrency?: number; reconcile?: (key: string) => Promise<Result> } = {}) {
  const clock = new FakeClock();
  const log = createRecordingLogger();
  const queue = createWorkQueue<string>({ clock, baseDelayMs: 100, maxDelayMs: 1_000, random: () => 1 });
  const stop = new AbortController();
  const started: string[] = [];
  const running = queue.run(
    (key) => {
      started.push(`${key}@${clock.monotonicMs()}`);
      return reconcile(key);
    },
    { concurrency, log, signal: stop.signal },
  );
  return { clock, log, queue, stop, started, running };
}

/** A reconciler whose calls a test completes one by one. */
function stepped() {
  const open: { readonly key: string; readonly end: (result?: Result) => void }[] = [];
  const reconcile = (key: string) => {
    const { promise, resolve } = Promise.withResolvers<Result>();
    open.push({ key, end: (result = done) => resolve(result) });
    return promise;
  };
  return { open, reconcile };
}

describe("work queue", () => {
  it("reconciles keys in the order in which they were added", async () => {
    const { clock, queue, started } = start();
    for (const key of ["b", "a", "c"]) queue.add(key);
    await clock.advance(0);
    assert.deepEqual(started, ["b@0", "a@0", "c@0"]);
  });

  it("a waiting key is not queued twice", async () => {
    const { clock, queue, started } = start();
    for (const key of ["a", "b", "a"]) queue.add(key);
    await clock.advance(0);
    assert.deepEqual(started, ["a@0", "b@0"]);
  });

  it("a key added during its reconciliation is reconciled once more afterwards", async () => {
    const { open, reconcile } = stepped();
    const { clock, queue, started } = start({ concurrency: 2, reconcile });
    queue.add("a");
    await clock.advance(0);
    queue.add("a");
    queue.add("a");
    await clock.advance(0);
    assert.equal(started.length, 1);
    open[0]?.end();
    await clock.advance(0);
    assert.equal(started.length, 2);
    open[1]?.end();
    await clock.advance(0);
    assert.equal(started.length, 2);
  });

  it("reconciles as many keys concurrently as allowed", async () => {
    const { open, reconcile } = stepped();
    const { clock, queue } = start({ concurrency: 2, reconcile });
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.advance(0);
    assert.deepEqual(
      open.map(({ key }) => key),
      ["a", "b"],
    );
    open[1]?.end();
    await clock.advance(0);
    assert.deepEqual(
      open.map(({ key }) => key),
      ["a", "b", "c"],
    );
  });

  it("requeueAfter queues the key again after the delay", async () => {
    const results: Result[] = [{ kind: "requeueAfter", delayMs: 5_000 }];
    const { clock, queue, started } = start({ reconcile: async () => results.shift() ?? done });
    queue.add("a");
    await clock.advance(60_000);
    assert.deepEqual(started, ["a@0", "a@5000"]);
  });

  it("the earliest of several delays applies", async () => {
    const { clock, queue, started } = start();
    queue.addAfter("a", 500);
    queue.addAfter("a", 200);
    queue.addAfter("a", 900);
    await clock.advance(2_000);
    assert.deepEqual(started, ["a@200"]);
  });

  it("a failing key is retried after doubling delays up to the maximum, and other keys are not delayed", async () => {
    const { clock, log, queue, started } = start({
      reconcile: async (key) => {
        if (key === "bad") throw new Error("nope");
        return done;
      },
    });
    queue.add("bad");
    queue.add("good");
    await clock.advance(3_600);
    assert.deepEqual(started, [
      "bad@0",
      "good@0",
      "bad@100",
      "bad@300",
      "bad@700",
      "bad@1500",
      "bad@2500",
      "bad@3500",
    ]);
    assert.equal(log.lines.filter(({ level }) => level === "error").length, 7);
  });

  it("success resets the back-off", async () => {
    const outcomes = [false, false, true, false];
    const { clock, queue, started } = start({
      reconcile: async () => {
        if (outcomes.shift() === false) throw new Error("nope");
        return done;
      },
    });
    queue.add("a");
    await clock.advance(1_000);
    queue.add("a");
    await clock.advance(1_000);
    assert.deepEqual(started, ["a@0", "a@100", "a@300", "a@1000", "a@1100"]);
  });

  it("a reconciler that throws synchronously counts as failed", async () => {
    const { clock, queue, started } = start({
      reconcile: () => {
        throw new Error("nope");
      },
    });
    queue.add("a");
    await clock.advance(100);
    assert.deepEqual(started, ["a@0", "a@100"]);
  });

  it("when stopped, it lets running work finish, starts nothing and drops delays", async () => {
    const { open, reconcile } = stepped();
    const { clock, queue, stop, started, running } = start({ reconcile });
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 100);
    await clock.advance(0);
    stop.abort();
    let ended = false;
    void running.finally(() => (ended = true));
    await clock.advance(0);
    assert.equal(ended, false);
    open[0]?.end({ kind: "requeueAfter", delayMs: 100 });
    await running;
    queue.add("d");
    await clock.advance(1_000);
    assert.deepEqual(started, ["a@0"]);
    assert.equal(clock.sleepers, 0);
  });
});
