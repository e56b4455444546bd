import assert from "node:assert/strict";
import { observeNode } from "../../../../agent/node/observe-node.ts";

function tainted(key: string) {
  return { metadata: { name: "a" }, spec: { taints: [{ key }] } };
}

describe("observe node", () => {
  it("addresses are InternalIPs, then ExternalIPs; host names are none", () => {
    const node = {
      metadata: { name: "a", labels: { "topology.kubernetes.io/zone": "z1" } },
      spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24", "fd00:1::/64"] },
      status: {
        addresses: [
          { type: "Hostname", address: "a" },
          { type: "ExternalIP", address: "203.0.113.1" },
          { type: "InternalIP", address: "192.0.2.1" },
          { type: "InternalIP", address: "fd00::1" },
        ],
      },
    };
    assert.deepEqual(observeNode(node), {
      facts: {
        zone: "z1",
        podCIDRs: ["10.1.0.0/24", "fd00:1::/64"],
        addresses: ["192.0.2.1", "fd00::1", "203.0.113.1"],
      },
      leaving: undefined,
    });
  });

  it("an empty Node has no facts and stays", () => {
    assert.deepEqual(observeNode({ metadata: { name: "a" } }), {
      facts: { podCIDRs: [], addresses: [] },
      leaving: undefined,
    });
  });

  it("the old single podCIDR counts where the list is absent", () => {
    const node = { metadata: { name: "a" }, spec: { podCIDR: "10.1.0.0/24" } };
    assert.deepEqual(observeNode(node).facts.podCIDRs, ["10.1.0.0/24"]);
  });

  it("a Node that is being deleted leaves", () => {
    const node = { metadata: { name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" } };
    assert.match(observeNode(node).leaving ?? "", /being deleted/);
  });

  it("a Node with the autoscaler's taint leaves, with another taint it does not", () => {
    assert.match(observeNode(tainted("ToBeDeletedByClusterAutoscaler")).leaving ?? "", /taint/);
    assert.equal(observeNode(tainted("node.kubernetes.io/not-ready")).leaving, undefined);
  });
});
