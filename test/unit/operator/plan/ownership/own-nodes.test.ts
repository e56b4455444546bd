import assert from "node:assert/strict";
import { ownNodes } from "../../../../../operator/plan/ownership/own-nodes.ts";
import { makeNode, makeProxyConfig, secondsAgo } from "../make-cluster.ts";

const edge = { nodeSelector: { matchLabels: { pool: "edge" } } };

const rows = [
  {
    name: "an empty selector owns every node",
    configs: [makeProxyConfig({ name: "all" })],
    owner: "all",
    overridden: [],
  },
  {
    name: "a selector that matches owns the node",
    configs: [makeProxyConfig({ name: "edge", spec: edge })],
    owner: "edge",
    overridden: [],
  },
  {
    name: "a selector that does not match leaves the node alone",
    configs: [makeProxyConfig({ name: "core", spec: { nodeSelector: { matchLabels: { pool: "core" } } } })],
    owner: undefined,
    overridden: [],
  },
  {
    name: "the highest priority wins, even when younger",
    configs: [
      makeProxyConfig({ name: "low", metadata: { creationTimestamp: secondsAgo(9) } }),
      makeProxyConfig({
        name: "high",
        spec: { priority: 1 },
        metadata: { creationTimestamp: secondsAgo(1) },
      }),
    ],
    owner: "high",
    overridden: ["low"],
  },
  {
    name: "a negative priority loses against the default",
    configs: [makeProxyConfig({ name: "a", spec: { priority: -1 } }), makeProxyConfig({ name: "b" })],
    owner: "b",
    overridden: ["a"],
  },
  {
    name: "of equal priority the oldest wins",
    configs: [
      makeProxyConfig({ name: "a", metadata: { creationTimestamp: secondsAgo(1) } }),
      makeProxyConfig({ name: "b", metadata: { creationTimestamp: secondsAgo(9) } }),
    ],
    owner: "b",
    overridden: ["a"],
  },
  {
    name: "of equal priority and age the first by name wins",
    configs: [makeProxyConfig({ name: "b" }), makeProxyConfig({ name: "a" })],
    owner: "a",
    overridden: ["b"],
  },
  {
    name: "only ProxyConfigs that select the node can win it or be overridden there",
    configs: [
      makeProxyConfig({
        name: "core",
        spec: { priority: 9, nodeSelector: { matchLabels: { pool: "core" } } },
      }),
      makeProxyConfig({ name: "edge", spec: { priority: 1, ...edge } }),
      makeProxyConfig({ name: "all" }),
    ],
    owner: "edge",
    overridden: ["all"],
  },
];

describe("ownNodes", () => {
  for (const { name, configs, owner, overridden } of rows) {
    it(name, () => {
      const ownership = ownNodes(configs, [makeNode("node-1", { labels: { pool: "edge" } })]);
      const owners = [...ownership.nodesOf].filter(([, nodes]) => nodes.length > 0).map(([config]) => config);
      assert.deepEqual(owners, owner === undefined ? [] : [owner]);
      assert.equal(ownership.unowned.length, owner === undefined ? 1 : 0);
      const losers = [...ownership.overriddenOf].filter(([, nodes]) => nodes.length > 0);
      assert.deepEqual(
        losers.map(([config]) => config),
        overridden,
      );
      for (const [, nodes] of losers) {
        assert.deepEqual(
          nodes.map(({ node, owner }) => [node, owner.metadata.name]),
          [["node-1", owner]],
        );
      }
    });
  }
});
