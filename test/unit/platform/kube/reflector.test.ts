import assert from "node:assert/strict";
import { resources } from "../../../../platform/kube/resources.ts";
import { FakeApiClient } from "../../../support/fake-api-client.ts";
import { follow, refA, service } from "./follow-services.ts";

const { services, nodes } = resources;

type Reflector = ReturnType<typeof follow>;

interface Row {
  readonly rule: string;
  readonly options?: Parameters<typeof follow>[1];
  /** What changes after "a" and "b" have been synced. */
  readonly happens: (client: FakeApiClient, reflector: Reflector) => Promise<void>;
  /** Expected calls of the handler. */
  readonly expected: readonly string[];
}

const rows: readonly Row[] = [
  {
    rule: "a new object reaches the handler",
    happens: async (client) => void (await client.create(services, service("c"))),
    expected: ["+ns/c plain"],
  },
  {
    rule: "a change reaches the handler",
    happens: async (client) =>
      void (await client.mergePatch(refA, { metadata: { labels: { color: "red" } } })),
    expected: ["+ns/a red"],
  },
  {
    rule: "a deletion reaches the handler",
    happens: async (client) => void (await client.delete(refA)),
    expected: ["-ns/a"],
  },
  {
    rule: "after a lost connection it resumes: changes arrive, unchanged objects are not repeated",
    happens: async (client, { clock }) => {
      client.dropConnections(new Error("connection reset"));
      await client.delete(refA);
      await client.create(services, service("c"));
      await clock.advance(2000);
    },
    expected: ["-ns/a", "+ns/c plain"],
  },
  {
    rule: "after the server ended the watch it resumes",
    happens: async (client, { clock }) => {
      client.dropConnections();
      await client.create(services, service("c"));
      await clock.advance(2000);
    },
    expected: ["+ns/c plain"],
  },
  {
    rule: "if its resource version is too old (410), a new snapshot shows what was deleted",
    happens: async (client, { clock }) => {
      client.dropConnections(new Error("connection reset"));
      await client.delete(refA);
      client.expireHistory();
      await clock.advance(2000);
    },
    expected: ["+ns/b plain", "-ns/a"],
  },
  {
    rule: "an ERROR event with 410 starts a new snapshot",
    happens: async (client, { clock }) => {
      client.sendError(services, { code: 410, reason: "Expired", message: "too old resource version" });
      await client.delete(refA);
      await clock.advance(2000);
    },
    expected: ["+ns/b plain", "-ns/a"],
  },
  {
    rule: "if the server's storage is older than the last state, it takes a new snapshot",
    happens: async (client, { clock }) => {
      client.sendError(services, {
        code: 504,
        reason: "Timeout",
        message: "Too large resource version: 9, current: 1",
      });
      await clock.advance(2000);
    },
    expected: ["+ns/a plain", "+ns/b plain"],
  },
  {
    rule: "any other ERROR event only reconnects",
    happens: async (client, { clock }) => {
      client.sendError(services, { code: 500, message: "etcdserver: leader changed" });
      await client.create(services, service("c"));
      await clock.advance(2000);
    },
    expected: ["+ns/c plain"],
  },
  {
    rule: "an incomplete snapshot deletes nothing",
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
    expected: ["+ns/b plain", "-ns/a"],
  },
  {
    rule: "an object that trim no longer keeps counts as deleted",
    options: { trim: ({ metadata: { labels } }) => (labels?.["color"] === "red" ? undefined : "plain") },
    happens: async (client) =>
      void (await client.mergePatch(refA, { metadata: { labels: { color: "red" } } })),
    expected: ["-ns/a"],
  },
  {
    rule: "an object that trim never kept does not reach the handler",
    options: { trim: ({ metadata: { name } }) => (name === "c" ? undefined : "plain") },
    happens: async (client) => {
      await client.create(services, service("c"));
      await client.delete({ ...refA, name: "c" });
    },
    expected: [],
  },
  {
    rule: "a handler that throws still gets later events",
    options: {
      onUpsert: (key) => {
        if (key === "ns/c") throw new Error("handler failed");
      },
    },
    happens: async (client) => {
      await client.create(services, service("c"));
      await client.create(services, service("d"));
    },
    expected: ["+ns/c plain", "+ns/d plain"],
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
    expected: ["-ns/a"],
  },
];

describe("runReflector", () => {
  let client: FakeApiClient;
  beforeEach(async () => {
    client = new FakeApiClient();
    await client.create(services, service("a"));
    await client.create(services, service("b"));
  });

  it("passes all existing objects to the handler, then reports that it is synced", async () => {
    const reflector = follow(client);
    await reflector.clock.advance(0);
    assert.deepEqual(reflector.take(), ["+ns/a plain", "+ns/b plain", "synced"]);
    await reflector.stop();
  });

  for (const streamingLists of [true, false]) {
    describe(streamingLists ? "with streaming lists" : "on a server without streaming lists", () => {
      for (const { rule, options, happens, expected } of rows) {
        it(rule, async () => {
          client.refuseStreamingLists = !streamingLists;
          const reflector = follow(client, options);
          await reflector.clock.advance(1000);
          assert.deepEqual(reflector.take(), ["+ns/a plain", "+ns/b plain", "synced"]);
          await happens(client, reflector);
          await reflector.clock.advance(0);
          assert.deepEqual(reflector.take(), expected);
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
});
