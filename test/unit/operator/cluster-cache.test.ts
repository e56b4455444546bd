import assert from "node:assert/strict";
import { ClusterCache } from "../../../operator/cluster-cache.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import {
  makeNode,
  makeNodeProxy,
  makeProxyConfig,
  nowMs,
  readyStatus,
  secondsAgo,
} from "./plan/make-cluster.ts";

const config = makeProxyConfig();
const node = makeNode("node-1");

/** How many changes the second of two steps causes. */
function changesOf(before: (cache: ClusterCache) => void, after: (cache: ClusterCache) => void): number {
  let changes = 0;
  const cache = new ClusterCache({ clock: new FakeClock(nowMs), onChange: () => (changes += 1) });
  before(cache);
  changes = 0;
  after(cache);
  return changes;
}

const withHeartbeat = (heartbeatAt: string, observedRevision = "r1") =>
  makeNodeProxy(node, config, { status: readyStatus(observedRevision, { heartbeatAt }) });

const rows: readonly {
  readonly name: string;
  readonly before?: (cache: ClusterCache) => void;
  readonly after: (cache: ClusterCache) => void;
  readonly changes: number;
}[] = [
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
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(180))),
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(0))),
    changes: 1,
  },
  {
    name: "a heartbeat that arrives when its node has been judged silent is a change, however short the gap",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(180))),
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(5))),
    changes: 1,
  },
  {
    name: "a silent node that comes again as it was is no change",
    before: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(180))),
    after: (cache) => cache.setNodeProxy(withHeartbeat(secondsAgo(180))),
    changes: 0,
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
  for (const { name, before = () => {}, after, changes } of rows) {
    it(name, () => assert.equal(changesOf(before, after), changes));
  }

  it("shows the newest heartbeat although it is no change", () => {
    const cache = new ClusterCache({ clock: new FakeClock(nowMs), onChange: () => {} });
    cache.setNodeProxy(withHeartbeat(secondsAgo(60)));
    cache.setNodeProxy(withHeartbeat(secondsAgo(0)));
    assert.equal(cache.view(0).nodeProxies[0]?.status?.heartbeatAt, secondsAgo(0));
  });
});
