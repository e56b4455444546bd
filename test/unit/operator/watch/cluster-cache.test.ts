import assert from "node:assert/strict";
import { ClusterCache } from "../../../../operator/watch/cluster-cache.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import {
  makeNode,
  makeNodeProxy,
  makeProxyConfig,
  nowMs,
  readyStatus,
  secondsAgo,
} from "../plan/make-cluster.ts";

const config = makeProxyConfig();
const node = makeNode("node-1");

/** How many changes the second of two steps causes. */
async function changesOf({
  before = () => {},
  waitSeconds = 0,
  after,
}: Pick<Row, "before" | "waitSeconds" | "after">): Promise<number> {
  let changes = 0;
  const clock = new FakeClock(nowMs);
  const cache = new ClusterCache({ clock, onChange: () => (changes += 1) });
  cache.nodeProxyContact("opened");
  before(cache);
  for (let leftSeconds = waitSeconds; leftSeconds > 0; leftSeconds -= 60) {
    await clock.advance(Math.min(60, leftSeconds) * 1000);
    if (leftSeconds > 60) cache.nodeProxyContact("event");
  }
  changes = 0;
  after(cache);
  return changes;
}

const withHeartbeat = (heartbeatAt: string, observedRevision = "r1") =>
  makeNodeProxy(node, config, { status: readyStatus(observedRevision, { heartbeatAt }) });

const listsSilent = (name: string) =>
  makeProxyConfig({ status: { failing: [{ node: name, reason: "AgentSilent", message: "" }] } });

interface Row {
  readonly name: string;
  readonly before?: (cache: ClusterCache) => void;
  /** Between the two, with a bookmark every minute but none at the end. */
  readonly waitSeconds?: number;
  readonly after: (cache: ClusterCache) => void;
  readonly changes: number;
}

const rows: readonly Row[] = [
  { name: "a new Node is a change", after: (cache) => cache.setNode(node), changes: 1 },
  {
    name: "a Node that comes again is none",
    before: (cache) => cache.setNode(node),
    after: (cache) => cache.setNode(makeNode("node-1")),
    changes: 0,
  },
  {
    name: "a Node with other labels is a change",
    before: (cache) => cache.setNode(node),
    after: (cache) => cache.setNode(makeNode("node-1", { labels: { a: "b" } })),
    changes: 1,
  },
  {
    name: "a Node that goes is a change, once",
    before: (cache) => cache.setNode(node),
    after: (cache) => {
      cache.deleteNode("node-1");
      cache.deleteNode("node-1");
    },
    changes: 1,
  },
  {
    name: "a ProxyConfig with another generation is a change",
    before: (cache) => cache.setProxyConfig(config),
    after: (cache) => cache.setProxyConfig(makeProxyConfig({ metadata: { generation: 2 } })),
    changes: 1,
  },
  {
    name: "a heartbeat is no change",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(0))),
    changes: 0,
  },
  {
    name: "a heartbeat after a silence is a change",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    waitSeconds: 241,
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(0))),
    changes: 1,
  },
  {
    name: "a heartbeat after a silence is a change, however old the time in it is",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    waitSeconds: 241,
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(3600))),
    changes: 1,
  },
  {
    name: "a silent node that comes again as it was is no change",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    waitSeconds: 241,
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    changes: 0,
  },
  {
    name: "a bookmark is no change",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    waitSeconds: 60,
    after: (cache) => cache.nodeProxyContact("event"),
    changes: 0,
  },
  {
    name: "a bookmark after three minutes without a heartbeat is a change: the agent is silent",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(60))),
    waitSeconds: 180,
    after: (cache) => cache.nodeProxyContact("event"),
    changes: 1,
  },
  {
    name: "the first heartbeat of a node that an earlier operator has found silent is a change",
    before: (cache) => {
      cache.setProxyConfig(listsSilent("node-1"));
      cache.setNodeProxy(withHeartbeat(secondsAgo(60)));
    },
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(0))),
    changes: 1,
  },
  {
    name: "the first report of an agent is a change",
    before: (cache) => cache.setNodeProxy(makeNodeProxy(node, config)),
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(0))),
    changes: 1,
  },
  {
    name: "another revision in a report is a change",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(1))),
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(0), "r2")),
    changes: 1,
  },
];

describe("ClusterCache", () => {
  for (const { name, changes, ...steps } of rows) {
    it(name, async () => assert.equal(await changesOf(steps), changes));
  }

  it("shows the newest heartbeat although it is no change", () => {
    const cache = new ClusterCache({ clock: new FakeClock(nowMs), onChange: () => {} });
    cache.setNodeProxy(withHeartbeat(secondsAgo(60)));
    cache.setNodeProxy(withHeartbeat(secondsAgo(0)));
    assert.equal(cache.view(0).nodeProxies[0]?.status?.heartbeatAt, secondsAgo(0));
  });
});
