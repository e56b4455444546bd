import assert from "node:assert/strict";
import type { ApiObject } from "../../../../platform/kube/api-client.ts";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { createEventRecorder, type RecordedEvent } from "../../../../platform/kube/events.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { createRecordingLogger } from "../../../support/recording-logger.ts";

const { events } = resources;

type StoredEvent = ApiObject & Readonly<Record<string, unknown>>;

const regarding = { apiVersion: "kubesteer.dev/v1alpha1", kind: "ProxyConfig", name: "default", uid: "u-1" };
const drift: RecordedEvent = {
  regarding,
  type: "Warning",
  reason: "DriftRepaired",
  message: "Restored a chain.",
};
const unreachable = new Error("connection refused");

function createStage() {
  const clock = new FakeClock();
  const client = new FakeApiClient();
  const log = createRecordingLogger();
  const recorder = createEventRecorder({
    client,
    component: "kubesteer-agent",
    instance: "node-1",
    clock,
    log,
  });
  const stored = () => client.objects<StoredEvent>(events);
  return { clock, client, log, recorder, stored };
}

describe("event recorder", () => {
  it("writes a core/v1 Event that kubectl describe finds", async () => {
    const { clock, recorder, stored } = createStage();
    recorder.record(drift);
    await clock.advance(0);
    const [{ metadata, ...event } = { metadata: { name: "" } }] = stored();
    assert.match(metadata.name, /^default\.[0-9a-f]{16}$/);
    assert.equal(metadata.namespace, "default");
    assert.deepEqual(event, {
      apiVersion: "v1",
      kind: "Event",
      involvedObject: regarding,
      type: "Warning",
      reason: "DriftRepaired",
      message: "Restored a chain.",
      count: 1,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:00Z",
      source: { component: "kubesteer-agent", host: "node-1" },
      reportingComponent: "kubesteer-agent",
      reportingInstance: "node-1",
    });
  });

  it("an Event about a namespaced object is in its namespace", async () => {
    const { clock, recorder, stored } = createStage();
    recorder.record({
      ...drift,
      regarding: { apiVersion: "v1", kind: "Service", name: "web", namespace: "shop" },
    });
    await clock.advance(0);
    assert.equal(stored()[0]?.metadata.namespace, "shop");
  });

  it("a repetition increases the count of the existing Event", async () => {
    const { clock, recorder, stored } = createStage();
    recorder.record(drift);
    await clock.advance(60_000);
    recorder.record(drift);
    recorder.record(drift);
    await clock.advance(0);
    assert.equal(stored().length, 1);
    assert.equal(stored()[0]?.["count"], 3);
    assert.equal(stored()[0]?.["firstTimestamp"], "2026-01-01T00:00:00Z");
    assert.equal(stored()[0]?.["lastTimestamp"], "2026-01-01T00:01:00Z");
  });

  const different: readonly (readonly [what: string, event: RecordedEvent])[] = [
    ["reason", { ...drift, reason: "ModeFallback" }],
    ["message", { ...drift, message: "Restored a set." }],
    ["object", { ...drift, regarding: { ...regarding, name: "other" } }],
    ["incarnation of the object", { ...drift, regarding: { ...regarding, uid: "u-2" } }],
  ];
  for (const [what, event] of different) {
    it(`a different ${what} creates a new Event`, async () => {
      const { clock, recorder, stored } = createStage();
      recorder.record(drift);
      recorder.record(event);
      await clock.advance(0);
      assert.equal(stored().length, 2);
    });
  }

  it("creates a new Event if the API server has deleted the old one", async () => {
    const { clock, client, recorder, stored } = createStage();
    recorder.record(drift);
    await clock.advance(0);
    await client.delete({ resource: events, namespace: "default", name: stored()[0]?.metadata.name ?? "" });
    recorder.record(drift);
    await clock.advance(0);
    assert.equal(stored()[0]?.["count"], 1);
  });

  it("retries while the API server is unreachable, and counts Events in the meantime", async () => {
    const { clock, client, recorder, stored } = createStage();
    client.failNext("create", unreachable, { times: 2 });
    recorder.record(drift);
    await clock.advance(1_000);
    recorder.record(drift);
    await clock.advance(60_000);
    assert.equal(stored().length, 1);
    assert.equal(stored()[0]?.["count"], 2);
  });

  it("still repeats the same Event after a failed attempt", async () => {
    const { clock, client, recorder, stored } = createStage();
    recorder.record(drift);
    await clock.advance(0);
    client.failNext("mergePatch", unreachable);
    recorder.record(drift);
    await clock.advance(60_000);
    assert.deepEqual(
      stored().map((event) => event["count"]),
      [2],
    );
  });

  it("drops an Event after three attempts, logs it, and delivers the next one", async () => {
    const { clock, client, log, recorder, stored } = createStage();
    client.failNext("create", unreachable, { times: 3 });
    recorder.record(drift);
    recorder.record({ ...drift, reason: "ModeFallback" });
    await clock.advance(60_000);
    assert.deepEqual(
      stored().map((event) => event["reason"]),
      ["ModeFallback"],
    );
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [["warn", "dropped an event"]],
    );
  });

  it("does not retry an Event that the API server rejects", async () => {
    const { clock, client, recorder, stored } = createStage();
    client.failNext("create", new ApiError({ statusCode: 403, reason: "Forbidden", message: "no" }));
    recorder.record(drift);
    await clock.advance(60_000);
    assert.equal(client.calls.length, 1);
    assert.deepEqual(stored(), []);
  });

  it("sends 25 at once, then one per second", async () => {
    const { clock, recorder, stored } = createStage();
    for (let number = 0; number < 40; number += 1)
      recorder.record({ ...drift, message: `Restored ${number}.` });
    await clock.advance(0);
    assert.equal(stored().length, 25);
    await clock.advance(5_000);
    assert.equal(stored().length, 30);
    await clock.advance(60_000);
    assert.equal(stored().length, 40);
  });

  it("drops new Events while 500 are waiting", async () => {
    const { clock, log, recorder } = createStage();
    for (let number = 0; number < 510; number += 1)
      recorder.record({ ...drift, message: `Restored ${number}.` });
    await clock.advance(0);
    assert.equal(log.lines.length, 10);
  });

  it("flush sends all waiting Events, ignoring the rate", async () => {
    const { recorder, stored } = createStage();
    for (let number = 0; number < 40; number += 1)
      recorder.record({ ...drift, message: `Restored ${number}.` });
    await recorder.flush();
    assert.equal(stored().length, 40);
  });

  it("flush tries each Event once while the API server is unreachable", async () => {
    const { client, recorder, clock } = createStage();
    client.failNext("create", unreachable, { times: 10 });
    recorder.record(drift);
    recorder.record({ ...drift, reason: "ModeFallback" });
    await recorder.flush();
    assert.equal(client.calls.length, 2);
    assert.equal(clock.sleepers, 0);
  });

  it("cuts messages and names that are too long", async () => {
    const { clock, recorder, stored } = createStage();
    const name = "n".repeat(253);
    recorder.record({ ...drift, regarding: { ...regarding, name }, message: "m".repeat(5_000) });
    await clock.advance(0);
    assert.ok((stored()[0]?.metadata.name.length ?? 0) <= 253);
    assert.equal(String(stored()[0]?.["message"]).length, 1024);
  });
});
