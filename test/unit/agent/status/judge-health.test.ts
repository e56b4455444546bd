import assert from "node:assert/strict";
import {
  type HealthFacts,
  judgeHealthz,
  judgeLivez,
  judgeReadyz,
} from "../../../../agent/status/judge-health.ts";

const now = Date.parse("2026-01-02T03:04:05Z");

const healthy: HealthFacts = {
  now,
  lastSyncAt: now - 5_000,
  oldestChangeMs: undefined,
  waitingFor: [],
  staleSinceMs: undefined,
  failure: undefined,
  failingModes: [],
  node: { kind: "present", leaving: undefined },
};

interface Row {
  readonly name: string;
  readonly facts: Partial<HealthFacts>;
  readonly healthz: number;
  readonly livez: number;
  readonly readyz: number;
  readonly message?: RegExp;
}

const failed = { reason: "SyncFailed", message: "nft rejected the transaction" } as const;
const unsupported = { reason: "ModeUnsupported", message: "mode nftables needs nft" } as const;

const rows: readonly Row[] = [
  {
    name: "stored Services are served, and an unknown node cannot have been asked to leave",
    facts: { waitingFor: ["Services"], staleSinceMs: now - 60_000, node: { kind: "unknown" } },
    healthz: 200,
    livez: 200,
    readyz: 200,
    message: /waiting for Services; until then Services are served as they were at 2026-01-02T03:03:05.000Z/,
  },
  { name: "all is well when nothing waits", facts: {}, healthz: 200, livez: 200, readyz: 200 },
  {
    name: "a mode besides the main one that fails is reported and stops no traffic",
    facts: { failingModes: [{ mode: "userspace", message: "no sockets left" }] },
    healthz: 200,
    livez: 200,
    readyz: 200,
    message: /mode userspace: no sockets left/,
  },
  {
    name: "a change may wait for 60 s",
    facts: { oldestChangeMs: 60_000 },
    healthz: 200,
    livez: 200,
    readyz: 200,
  },
  {
    name: "a change that waits for longer is late",
    facts: { oldestChangeMs: 60_001, failure: failed },
    healthz: 503,
    livez: 503,
    readyz: 200,
    message: /nft rejected/,
  },
  {
    name: "a failure that is not late yet is reported",
    facts: { oldestChangeMs: 1_000, failure: failed },
    healthz: 200,
    livez: 200,
    readyz: 200,
    message: /nft rejected/,
  },
  {
    name: "a restart does not bring what the node lacks",
    facts: { oldestChangeMs: 70_000, failure: unsupported, lastSyncAt: undefined },
    healthz: 503,
    livez: 200,
    readyz: 503,
    message: /needs nft/,
  },
  {
    name: "a restart does not bring the API server",
    facts: { oldestChangeMs: 70_000, waitingFor: ["Services"], lastSyncAt: undefined },
    healthz: 503,
    livez: 200,
    readyz: 503,
    message: /waiting for Services; until then the kernel keeps the rules it has/,
  },
  {
    name: "a node without settings gets no traffic, and waits",
    facts: { waitingFor: ["the NodeProxy of this node"], lastSyncAt: undefined },
    healthz: 503,
    livez: 200,
    readyz: 503,
    message: /waiting for the NodeProxy/,
  },
  {
    name: "a node that has to wait for a list later keeps its traffic",
    facts: { waitingFor: ["Namespaces"] },
    healthz: 200,
    livez: 200,
    readyz: 200,
    message: /waiting for Namespaces/,
  },
  {
    name: "a slow first sync is reported",
    facts: { lastSyncAt: undefined },
    healthz: 200,
    livez: 200,
    readyz: 503,
    message: /first sync/,
  },
  {
    name: "an unknown Node is not eligible",
    facts: { node: { kind: "unknown" } },
    healthz: 503,
    livez: 200,
    readyz: 200,
  },
  {
    name: "a Node that does not exist is not eligible",
    facts: { node: { kind: "absent" } },
    healthz: 503,
    livez: 200,
    readyz: 200,
  },
  {
    name: "a Node that leaves is not eligible",
    facts: { node: { kind: "present", leaving: "the Node is being deleted" } },
    healthz: 503,
    livez: 200,
    readyz: 200,
  },
];

describe("judge health", () => {
  for (const { name, facts, healthz, livez, readyz, message } of rows) {
    it(name, () => {
      const all = { ...healthy, ...facts };
      assert.deepEqual(
        [judgeHealthz(all), judgeLivez(all), judgeReadyz(all)].map(({ statusCode }) => statusCode),
        [healthz, livez, readyz],
      );
      if (message !== undefined) assert.match(judgeHealthz(all).body.messages.join("\n"), message);
    });
  }

  it("the answer has kube-proxy's fields; lastUpdated is now while healthy", () => {
    assert.deepEqual(judgeHealthz(healthy).body, {
      lastUpdated: "2026-01-02T03:04:05.000Z",
      currentTime: "2026-01-02T03:04:05.000Z",
      nodeEligible: true,
      healthy: true,
      stale: false,
      messages: [],
    });
  });

  it("lastUpdated is the newest successful sync while unhealthy", () => {
    const { body } = judgeHealthz({ ...healthy, oldestChangeMs: 61_000 });
    assert.equal(body.lastUpdated, "2026-01-02T03:04:00.000Z");
  });

  it("before the first sync the answer is stale", () => {
    assert.equal(judgeHealthz({ ...healthy, lastSyncAt: undefined }).body.stale, true);
  });
});
