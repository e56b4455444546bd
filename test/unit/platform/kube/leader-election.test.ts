import assert from "node:assert/strict";
import { runLeaderElection } from "../../../../platform/kube/leader-election.ts";
import type { ApiClient, ApiObject } from "../../../../platform/kube/api-client.ts";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const { leases } = resources;

interface Lease extends ApiObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

const unavailable = new ApiError({ statusCode: 503, reason: "ServiceUnavailable", message: "down" });

function createStage() {
  const clock = new FakeClock();
  const client = new FakeApiClient({ now: () => clock.now() });
  /** Every start and end of a candidate's leadership. */
  const history: string[] = [];
  const at = () => `@${clock.monotonicMs() / 1000}`;
  const candidate = (
    identity: string,
    { lead = untilAborted, via = client }: { lead?: Lead; via?: FakeApiClient } = {},
  ) => {
    const stop = new AbortController();
    const done = runLeaderElection({
      client: via,
      namespace: "kube-system",
      name: "operator",
      identity,
      clock,
      log: silentLogger,
      signal: stop.signal,
      lead: async (signal) => {
        history.push(`${identity} leads${at()}`);
        try {
          await lead(signal);
        } finally {
          history.push(`${identity} ends${at()}`);
        }
      },
    });
    return {
      stop: async () => {
        stop.abort();
        await done;
      },
    };
  };
  const lease = () => client.objects<Lease>(leases)[0];
  return { clock, client, history, candidate, lease };
}

type Lead = (signal: AbortSignal) => Promise<void>;

const untilAborted: Lead = (signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

describe("runLeaderElection", () => {
  it("the first candidate creates the lease and leads", async () => {
    const { clock, candidate, history, lease } = createStage();
    const one = candidate("one");
    await clock.advance(0);
    assert.deepEqual(history, ["one leads@0"]);
    assert.deepEqual(lease()?.spec, {
      holderIdentity: "one",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:00.000000Z",
      leaseTransitions: 1,
    });
    await one.stop();
  });

  it("the leader renews every retry period and stays the only one", async () => {
    const { clock, candidate, history, lease } = createStage();
    const one = candidate("one");
    await clock.advance(0);
    const two = candidate("two");
    await clock.advance(120_000);
    assert.deepEqual(history, ["one leads@0"]);
    assert.equal(lease()?.spec["renewTime"], "2026-01-01T00:02:00.000000Z");
    assert.equal(lease()?.spec["acquireTime"], "2026-01-01T00:00:00.000000Z");
    await one.stop();
    await two.stop();
  });

  it("a stopped leader releases the lease after its work has ended, and the next one leads at once", async () => {
    const { clock, candidate, history, lease } = createStage();
    const one = candidate("one");
    await clock.advance(0);
    const two = candidate("two");
    await clock.advance(1_000);
    await one.stop();
    assert.equal(lease()?.spec["holderIdentity"], "");
    await clock.advance(2_000);
    assert.deepEqual(history, ["one leads@0", "one ends@1", "two leads@2"]);
    await two.stop();
  });

  it("another candidate takes a lease that is not renewed for its duration on the candidate's clock", async () => {
    const { clock, client, candidate, history } = createStage();
    await client.create<Lease>(leases, {
      metadata: { name: "operator", namespace: "kube-system" },
      spec: { holderIdentity: "gone", leaseDurationSeconds: 15, renewTime: "2031-01-01T00:00:00.000000Z" },
    });
    const one = candidate("one");
    await clock.advance(14_000);
    assert.deepEqual(history, []);
    await clock.advance(2_000);
    assert.deepEqual(history, ["one leads@16"]);
    await one.stop();
  });

  it("a leader that cannot renew stops leading at the deadline and competes again", async () => {
    const { clock, client, candidate, history } = createStage();
    const one = candidate("one");
    await clock.advance(1_000);
    client.failNext("get", unavailable, { times: 5 });
    await clock.advance(30_000);
    assert.deepEqual(history, ["one leads@0", "one ends@10", "one leads@12"]);
    await one.stop();
  });

  it("a few failed renewals before the deadline have no effect", async () => {
    const { clock, client, candidate, history } = createStage();
    const one = candidate("one");
    await clock.advance(1_000);
    client.failNext("get", unavailable, { times: 3 });
    await clock.advance(30_000);
    assert.deepEqual(history, ["one leads@0"]);
    await one.stop();
  });

  it("a leader with hanging requests stops leading at the deadline", async () => {
    const { clock, candidate, history } = createStage();
    const hanging = new HangingClient();
    const one = candidate("one", { via: hanging });
    await clock.advance(1_000);
    hanging.hangs = true;
    await clock.advance(11_000);
    assert.deepEqual(history, ["one leads@0", "one ends@10"]);
    hanging.hangs = false;
    await one.stop();
  });

  it("one of two candidates that see the same expired lease becomes leader", async () => {
    const { clock, client, candidate, history } = createStage();
    await client.create<Lease>(leases, {
      metadata: { name: "operator", namespace: "kube-system" },
      spec: { holderIdentity: "", leaseTransitions: 4 },
    });
    const both = [candidate("one"), candidate("two")];
    await clock.advance(10_000);
    assert.equal(history.length, 1);
    assert.equal(client.objects<Lease>(leases)[0]?.spec["leaseTransitions"], 5);
    for (const each of both) await each.stop();
  });

  it("a leader that lost its lease to another candidate does not take it back", async () => {
    const { clock, client, candidate, history, lease } = createStage();
    const one = candidate("one");
    await clock.advance(0);
    const stolen = { spec: { holderIdentity: "thief", leaseDurationSeconds: 3600 } };
    await client.mergePatch({ resource: leases, namespace: "kube-system", name: "operator" }, stolen);
    await clock.advance(60_000);
    assert.deepEqual(history, ["one leads@0", "one ends@10"]);
    await one.stop();
    assert.equal(lease()?.spec["holderIdentity"], "thief");
  });

  it("a leader whose work fails or ends releases the lease and competes again", async () => {
    const { clock, candidate, history } = createStage();
    const one = candidate("one", {
      lead: async () => {
        throw new Error("broken");
      },
    });
    await clock.advance(3_000);
    assert.deepEqual(history, ["one leads@0", "one ends@0", "one leads@2", "one ends@2"]);
    await one.stop();
  });

  it("leaves no timer behind", async () => {
    const { clock, candidate } = createStage();
    const one = candidate("one");
    await clock.advance(5_000);
    await one.stop();
    assert.equal(clock.sleepers, 0);
  });
});

/** An API server that can stop answering without closing the connection. */
class HangingClient extends FakeApiClient {
  hangs = false;

  override async get<T extends ApiObject>(
    ...[ref, options]: Parameters<ApiClient["get"]>
  ): Promise<T | undefined> {
    if (!this.hangs) return super.get<T>(ref);
    return new Promise((_resolve, reject) => {
      options?.signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
    });
  }
}
