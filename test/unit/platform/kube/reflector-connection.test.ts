import assert from "node:assert/strict";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { follow, refA, service, watchesOf } from "./follow-services.ts";

const { services, nodes } = resources;

describe("connections of runReflector", () => {
  let client: FakeApiClient;
  beforeEach(async () => {
    client = new FakeApiClient();
    await client.create(services, service("a"));
    await client.create(services, service("b"));
  });

  it("requests streaming lists, random watch timeouts and an idle timeout above the bookmark interval", async () => {
    const reflector = follow(client, { random: () => 0.5 });
    await reflector.clock.advance(0);
    const [watch] = watchesOf(client);
    assert.equal(watch?.sendInitialEvents, true);
    assert.equal(watch?.resourceVersion, undefined);
    assert.equal(watch?.timeoutSeconds, 450);
    assert.equal(watch?.idleTimeoutMs, 165_000);
    await reflector.stop();
  });

  it("resumes from the last bookmark", async () => {
    const reflector = follow(client);
    await reflector.clock.advance(0);
    await client.create(nodes, { metadata: { name: "raises-the-resource-version" } });
    client.sendBookmarks();
    client.dropConnections();
    await reflector.clock.advance(200);
    assert.equal(watchesOf(client)[1]?.resourceVersion, "3");
    await reflector.stop();
  });

  it("waits twice as long after each connection without an event, up to 30 s", async () => {
    client.failNext("watch", new Error("connection refused"), { times: 12 });
    const reflector = follow(client);
    await reflector.clock.advance(0);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      const startMs = reflector.clock.monotonicMs();
      const before = watchesOf(client).length;
      while (watchesOf(client).length === before) await reflector.clock.advance(100);
      waits.push(reflector.clock.monotonicMs() - startMs);
    }
    assert.deepEqual(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    await reflector.stop();
  });

  it("an event resets the delay", async () => {
    client.failNext("watch", new Error("connection refused"), { times: 5 });
    const reflector = follow(client);
    await reflector.clock.advance(10_000);
    assert.deepEqual(reflector.take().at(-1), "synced");
    client.dropConnections(new Error("connection reset"));
    await reflector.clock.advance(200);
    assert.equal(client.openWatches, 1);
    await reflector.stop();
  });

  it("waits as long as Retry-After requires", async () => {
    const overloaded = { statusCode: 429, reason: "TooManyRequests", message: "busy", retryAfterSeconds: 7 };
    client.failNext("watch", new ApiError(overloaded));
    const reflector = follow(client);
    await reflector.clock.advance(6_999);
    assert.equal(client.openWatches, 0);
    await reflector.clock.advance(1);
    assert.equal(client.openWatches, 1);
    await reflector.stop();
  });

  it("reports when the connection is lost and restored, with the time of the last contact", async () => {
    const states: string[] = [];
    const reflector = follow(client, {
      onStateChange: ({ connected, lastContactMs }) => states.push(`${connected} ${lastContactMs}`),
    });
    await reflector.clock.advance(5_000);
    await client.create(services, service("c"));
    client.dropConnections();
    await reflector.clock.advance(1_000);
    client.failNext("watch", new Error("connection refused"));
    client.dropConnections(new Error("connection reset"));
    await reflector.clock.advance(10_000);
    assert.deepEqual(states, ["true 0", "false 5200", "true 6600"]);
    await reflector.stop();
  });

  it("reports each contact before its event, and the start of a connection", async () => {
    const contacts: string[] = [];
    const reflector = follow(client, {
      onContact: (contact) => contacts.push(contact),
      onUpsert: (key) => contacts.push(key),
    });
    await reflector.clock.advance(0);
    assert.deepEqual(contacts.splice(0), ["opened", "event", "ns/a", "event", "ns/b", "event"]);
    client.sendBookmarks();
    client.dropConnections();
    await client.create(services, service("c"));
    await reflector.clock.advance(1_000);
    assert.deepEqual(contacts, ["event", "opened", "event", "ns/c"]);
    await reflector.stop();
  });

  it("reports its progress after each list, change and bookmark", async () => {
    const progress: string[] = [];
    const reflector = follow(client, {
      onProgress: ({ kind, resourceVersion }) => progress.push(`${kind} ${resourceVersion}`),
      onUpsert: (key) => progress.push(key),
    });
    await reflector.clock.advance(0);
    assert.deepEqual(progress.splice(0), ["ns/a", "ns/b", "list 2", "change 2"]);
    await client.create(services, service("c"));
    await client.delete(refA);
    await client.create(nodes, { metadata: { name: "raises-the-resource-version" } });
    client.sendBookmarks();
    assert.deepEqual(progress, ["ns/c", "change 3", "change 4", "change 5"]);
    await reflector.stop();
  });

  it("calls nothing after it was stopped, and leaves no watch and no timer behind", async () => {
    const reflector = follow(client);
    await reflector.clock.advance(0);
    reflector.take();
    await reflector.stop();
    await client.create(services, service("c"));
    assert.deepEqual(reflector.take(), []);
    assert.equal(client.openWatches, 0);
    assert.equal(reflector.clock.sleepers, 0);
  });

  it("stops while it waits to reconnect", async () => {
    client.failNext("watch", new Error("connection refused"));
    const reflector = follow(client);
    await reflector.clock.advance(0);
    await reflector.stop();
    assert.equal(watchesOf(client).length, 1);
  });
});
