import assert from "node:assert/strict";
import { silentLogger } from "../../../../platform/log.ts";
import type { ApiObject } from "../../../../platform/kube/api-client.ts";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { runReflector, type ReflectorOptions } from "../../../../platform/kube/reflector.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const { services, nodes } = resources;

/** A reflector of Services on a fake API server; `seen` is what its handler was told, in order. */
function follow(
  client: FakeApiClient,
  overrides: Partial<ReflectorOptions<string>> & { readonly onUpsert?: (key: string) => void } = {},
) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const seen: string[] = [];
  const done = runReflector<string>({
    client,
    resource: services,
    trim: ({ metadata }) => metadata.labels?.["color"] ?? "plain",
    handler: {
      onUpsert: (key, kept) => {
        seen.push(`+${key} ${kept}`);
        overrides.onUpsert?.(key);
      },
      onDelete: (key) => seen.push(`-${key}`),
      onSynced: () => seen.push("synced"),
    },
    clock,
    log: silentLogger,
    random: () => 1,
    signal: stop.signal,
    ...overrides,
  });
  return {
    clock,
    /** What came since the last call. */
    take: () => seen.splice(0),
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}

function service(name: string, color?: string): ApiObject {
  return { metadata: { name, namespace: "ns", ...(color === undefined ? {} : { labels: { color } }) } };
}

const watchesOf = (client: FakeApiClient) =>
  client.calls.filter(({ method }) => method === "watch").map(({ options }) => options as WatchOptions);

interface WatchOptions {
  readonly resourceVersion?: string;
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds: number;
  readonly idleTimeoutMs: number;
}

type Reflector = ReturnType<typeof follow>;

interface Row {
  readonly rule: string;
  readonly options?: Parameters<typeof follow>[1];
  /** What happens after "a" and "b" have been synced. */
  readonly happens: (client: FakeApiClient, reflector: Reflector) => Promise<void>;
  /** What the handler is told about it. */
  readonly told: readonly string[];
}

const refA = { resource: services, namespace: "ns", name: "a" };

const rows: readonly Row[] = [
  {
    rule: "a new object is handed over",
    happens: async (client) => void (await client.create(services, service("c"))),
    told: ["+ns/c plain"],
  },
  {
    rule: "a change is handed over",
    happens: async (client) =>
      void (await client.mergePatch(refA, { metadata: { labels: { color: "red" } } })),
    told: ["+ns/a red"],
  },
  {
    rule: "a deletion is handed over",
    happens: async (client) => void (await client.delete(refA)),
    told: ["-ns/a"],
  },
  {
    rule: "after a lost connection it resumes: changes arrive, the rest is not repeated",
    happens: async (client, { clock }) => {
      client.dropConnections(new Error("connection reset"));
      await client.delete(refA);
      await client.create(services, service("c"));
      await clock.advance(2000);
    },
    told: ["-ns/a", "+ns/c plain"],
  },
  {
    rule: "after the server ended the watch it resumes",
    happens: async (client, { clock }) => {
      client.dropConnections();
      await client.create(services, service("c"));
      await clock.advance(2000);
    },
    told: ["+ns/c plain"],
  },
  {
    rule: "when its resource version is too old (410) a new snapshot tells what was deleted",
    happens: async (client, { clock }) => {
      client.dropConnections(new Error("connection reset"));
      await client.delete(refA);
      client.expireHistory();
      await clock.advance(2000);
    },
    told: ["+ns/b plain", "-ns/a"],
  },
  {
    rule: "an ERROR event with 410 starts a new snapshot",
    happens: async (client, { clock }) => {
      client.sendError(services, { code: 410, reason: "Expired", message: "too old resource version" });
      await client.delete(refA);
      await clock.advance(2000);
    },
    told: ["+ns/b plain", "-ns/a"],
  },
  {
    rule: "when the server's storage is older than what was seen it takes a new snapshot",
    happens: async (client, { clock }) => {
      client.sendError(services, {
        code: 504,
        reason: "Timeout",
        message: "Too large resource version: 9, current: 1",
      });
      await clock.advance(2000);
    },
    told: ["+ns/a plain", "+ns/b plain"],
  },
  {
    rule: "another ERROR event only reconnects",
    happens: async (client, { clock }) => {
      client.sendError(services, { code: 500, message: "etcdserver: leader changed" });
      await client.create(services, service("c"));
      await clock.advance(2000);
    },
    told: ["+ns/c plain"],
  },
  {
    rule: "a snapshot that breaks off deletes nothing until one is complete",
    options: { resource: services },
    happens: async (client, { clock }) => {
      client.dropConnections(new Error("connection reset"));
      await client.delete(refA);
      client.expireHistory();
      client.setSilent(true);
      await clock.advance(2000);
      client.setSilent(false);
      client.dropConnections(new Error("connection reset"));
      await clock.advance(2000);
    },
    told: ["+ns/b plain", "-ns/a"],
  },
  {
    rule: "an object that trim no longer wants counts as deleted",
    options: { trim: ({ metadata: { labels } }) => (labels?.["color"] === "red" ? undefined : "plain") },
    happens: async (client) =>
      void (await client.mergePatch(refA, { metadata: { labels: { color: "red" } } })),
    told: ["-ns/a"],
  },
  {
    rule: "an object that trim never wanted is not mentioned",
    options: { trim: ({ metadata: { name } }) => (name === "c" ? undefined : "plain") },
    happens: async (client) => {
      await client.create(services, service("c"));
      await client.delete({ ...refA, name: "c" });
    },
    told: [],
  },
  {
    rule: "a handler that throws misses nothing later",
    options: {
      onUpsert: (key) => {
        if (key === "ns/c") throw new Error("handler failed");
      },
    },
    happens: async (client) => {
      await client.create(services, service("c"));
      await client.create(services, service("d"));
    },
    told: ["+ns/c plain", "+ns/d plain"],
  },
  {
    rule: "a trim that throws counts as absent",
    options: {
      trim: ({ metadata: { labels } }) => {
        if (labels?.["color"] === "red") throw new Error("unreadable");
        return "plain";
      },
    },
    happens: async (client) =>
      void (await client.mergePatch(refA, { metadata: { labels: { color: "red" } } })),
    told: ["-ns/a"],
  },
];

describe("runReflector", () => {
  let client: FakeApiClient;
  beforeEach(async () => {
    client = new FakeApiClient();
    await client.create(services, service("a"));
    await client.create(services, service("b"));
  });

  it("hands over what exists, then says it is synced", async () => {
    const reflector = follow(client);
    await reflector.clock.advance(0);
    assert.deepEqual(reflector.take(), ["+ns/a plain", "+ns/b plain", "synced"]);
    await reflector.stop();
  });

  for (const streamingLists of [true, false]) {
    describe(streamingLists ? "with streaming lists" : "on a server without streaming lists", () => {
      for (const { rule, options, happens, told } of rows) {
        it(rule, async () => {
          client.refuseStreamingLists = !streamingLists;
          const reflector = follow(client, options);
          await reflector.clock.advance(1000);
          assert.deepEqual(reflector.take(), ["+ns/a plain", "+ns/b plain", "synced"]);
          await happens(client, reflector);
          await reflector.clock.advance(0);
          assert.deepEqual(reflector.take(), told);
          await reflector.stop();
        });
      }
    });
  }

  it("keys of cluster-scoped objects are their names", async () => {
    await client.create(nodes, { metadata: { name: "node-1" } });
    const reflector = follow(client, { resource: nodes });
    await reflector.clock.advance(0);
    assert.deepEqual(reflector.take(), ["+node-1 plain", "synced"]);
    await reflector.stop();
  });

  it("asks for streaming lists, random watch times and a silence limit above the bookmark interval", async () => {
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

  it("an event resets the wait", async () => {
    client.failNext("watch", new Error("connection refused"), { times: 5 });
    const reflector = follow(client);
    await reflector.clock.advance(10_000);
    assert.deepEqual(reflector.take().at(-1), "synced");
    client.dropConnections(new Error("connection reset"));
    await reflector.clock.advance(200);
    assert.equal(client.openWatches, 1);
    await reflector.stop();
  });

  it("stays away as long as Retry-After says", async () => {
    const overloaded = { statusCode: 429, reason: "TooManyRequests", message: "busy", retryAfterSeconds: 7 };
    client.failNext("watch", new ApiError(overloaded));
    const reflector = follow(client);
    await reflector.clock.advance(6_999);
    assert.equal(client.openWatches, 0);
    await reflector.clock.advance(1);
    assert.equal(client.openWatches, 1);
    await reflector.stop();
  });

  it("tells when the connection is lost and found, with the time of the last contact", async () => {
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

  it("tells each contact before what comes with it, and where a connection begins", async () => {
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

  it("tells how far it is after each list, change and bookmark", async () => {
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

  it("is silent after it was stopped, and leaves no watch and no timer behind", async () => {
    const reflector = follow(client);
    await reflector.clock.advance(0);
    reflector.take();
    await reflector.stop();
    await client.create(services, service("c"));
    assert.deepEqual(reflector.take(), []);
    assert.equal(client.openWatches, 0);
    assert.equal(reflector.clock.sleepers, 0);
  });

  it("stops while it waits to connect again", async () => {
    client.failNext("watch", new Error("connection refused"));
    const reflector = follow(client);
    await reflector.clock.advance(0);
    await reflector.stop();
    assert.equal(watchesOf(client).length, 1);
  });
});
