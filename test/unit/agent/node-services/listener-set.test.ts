import assert from "node:assert/strict";
import { ListenerSet } from "../../../../agent/node-services/listener-set.ts";
import { FakeClock, settle } from "../../../support/fake-clock.ts";

function wantedAt(...addresses: readonly string[]): ReadonlyMap<string, string> {
  return new Map(addresses.map((address) => [address, address]));
}

describe("ListenerSet", () => {
  let clock: FakeClock;
  let listeners: ListenerSet<string>;
  /** What happened since it was last looked at. */
  let log: string[];
  /** Addresses that another process uses. */
  let taken: Set<string>;
  let end: AbortController;
  let ended: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    log = [];
    taken = new Set();
    listeners = new ListenerSet<string>({
      open(address) {
        if (taken.has(address)) return Promise.reject(new Error("in use"));
        log.push(`open ${address}`);
        return Promise.resolve({
          close() {
            log.push(`close ${address}`);
            return Promise.resolve();
          },
        });
      },
      onFailure: (address, reason) => log.push(`${address} failed: ${reason}`),
      onRecovery: (address) => log.push(`${address} recovered`),
      clock,
    });
    end = new AbortController();
    ended = listeners.run(end.signal);
  });

  afterEach(async () => {
    end.abort();
    await ended;
  });

  async function happened(): Promise<readonly string[]> {
    await settle();
    return log.splice(0);
  }

  function want(...addresses: readonly string[]): void {
    listeners.set(wantedAt(...addresses));
  }

  it("opens what is wanted, once", async () => {
    want("a", "b");
    assert.deepEqual(await happened(), ["open a", "open b"]);
    want("a", "b");
    assert.deepEqual(await happened(), []);
  });

  it("accepts a part of what is wanted", async () => {
    want("a", "b");
    await happened();
    listeners.replace(wantedAt("b"), wantedAt("c", "d"));
    assert.deepEqual(await happened(), ["close b", "open c", "open d"]);
    listeners.replace(wantedAt("d"), wantedAt("d"));
    want("a", "d");
    assert.deepEqual(await happened(), ["close c"]);
  });

  it("closes what is not wanted any more before it opens what is new", async () => {
    want("a", "b");
    await happened();
    want("b", "c");
    assert.deepEqual(await happened(), ["close a", "open c"]);
  });

  it("reports a failure once, tries every 5 seconds, and reports when it is over", async () => {
    taken.add("a");
    want("a", "b");
    assert.deepEqual((await happened()).toSorted(), ["a failed: in use", "open b"]);
    assert.deepEqual([...listeners.failures], [["a", "in use"]]);
    await clock.advance(10_000);
    assert.deepEqual(await happened(), []);
    taken.clear();
    await clock.advance(5_000);
    assert.deepEqual(await happened(), ["open a", "a recovered"]);
    assert.equal(listeners.failures.size, 0);
  });

  it("forgets the failure of an address that is no longer wanted, and reports it again when it is", async () => {
    taken.add("a");
    want("a");
    await happened();
    want();
    await happened();
    assert.equal(listeners.failures.size, 0);
    want("a");
    assert.deepEqual(await happened(), ["a failed: in use"]);
  });

  it("does nothing while nothing changes and nothing has failed", async () => {
    want("a");
    await happened();
    await clock.advance(3_000_000);
    assert.deepEqual(await happened(), []);
  });

  it("closes all at the end", async () => {
    want("a", "b");
    await happened();
    end.abort();
    await ended;
    assert.deepEqual(log, ["close a", "close b"]);
  });

  it("closes at the end what was still being opened then", async () => {
    const opening = Promise.withResolvers<undefined>();
    const slow = new ListenerSet<string>({
      async open() {
        await opening.promise;
        return { close: () => Promise.resolve(void log.push("close")) };
      },
      onFailure: () => {},
      clock,
    });
    const slowEnded = slow.run(end.signal);
    slow.set(new Map([["a", "a"]]));
    await settle();
    end.abort();
    opening.resolve(undefined);
    await slowEnded;
    assert.deepEqual(log, ["close"]);
  });
});
