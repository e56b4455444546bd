import assert from "node:assert/strict";
import { settingsOf } from "../../../../../crds/node-settings.ts";
import { resolveNodeProxy } from "../../../../../operator/plan/nodes/resolve-node-proxy.ts";
import { makeNode, makeProxyConfig } from "../make-cluster.ts";

const node = makeNode("node-1", {
  facts: {
    zone: "z1",
    podCIDRs: ["10.244.1.0/24", "fd00:1::/64"],
    addresses: ["192.0.2.1", "2001:db8::1"],
  },
});

describe("resolveNodeProxy", () => {
  it("names its ProxyConfig, is owned by its Node, and carries the facts about it", () => {
    const config = makeProxyConfig({ name: "edge" });
    const { metadata, spec } = resolveNodeProxy(node, settingsOf(config), { orphaned: false });
    assert.deepEqual(metadata, {
      name: "node-1",
      labels: { "kubesteer.dev/config": "edge" },
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node-1", uid: "uid-node-1" }],
    });
    assert.equal(spec.configName, "edge");
    assert.deepEqual(spec.node, {
      zone: "z1",
      podCIDRs: ["10.244.1.0/24", "fd00:1::/64"],
      addresses: ["192.0.2.1", "2001:db8::1"],
    });
  });

  it("labels an orphan", () => {
    const { metadata } = resolveNodeProxy(node, settingsOf(makeProxyConfig()), { orphaned: true });
    assert.equal(metadata.labels?.["kubesteer.dev/orphaned"], "true");
  });
});
