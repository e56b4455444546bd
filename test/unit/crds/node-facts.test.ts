import assert from "node:assert/strict";
import { nodeFactsOf } from "../../../crds/node-facts.ts";

const zoneOf = (zone: string) =>
  nodeFactsOf({ metadata: { name: "n", labels: { "topology.kubernetes.io/zone": zone } } }).zone;

describe("nodeFactsOf", () => {
  it("takes InternalIPs before ExternalIPs, once each, and no names", () => {
    const addresses = [
      { type: "ExternalIP", address: "203.0.113.1" },
      { type: "Hostname", address: "node-1" },
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "InternalIP", address: "2001:db8::1" },
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "ExternalIP", address: "node-1.example.com" },
    ];
    const facts = nodeFactsOf({ metadata: { name: "node-1" }, status: { addresses } });
    assert.deepEqual(facts.addresses, ["192.0.2.1", "2001:db8::1", "203.0.113.1"]);
  });

  it("takes podCIDRs, or podCIDR of clusters that are older than dual stack", () => {
    const metadata = { name: "n" };
    const podCIDRs = ["10.0.0.0/24", "fd00::/64"];
    assert.deepEqual(
      nodeFactsOf({ metadata, spec: { podCIDR: "10.0.0.0/24", podCIDRs } }).podCIDRs,
      podCIDRs,
    );
    assert.deepEqual(nodeFactsOf({ metadata, spec: { podCIDR: "10.0.0.0/24" } }).podCIDRs, ["10.0.0.0/24"]);
  });

  it("takes the zone from its label, and an empty one for none", () => {
    assert.equal(zoneOf("z1"), "z1");
    assert.equal(zoneOf(""), undefined);
  });

  it("takes no more than a NodeProxy holds", () => {
    const addresses = Array.from({ length: 20 }, (_, index) => ({
      type: "InternalIP",
      address: `192.0.2.${index}`,
    }));
    const podCIDRs = Array.from({ length: 9 }, (_, index) => `10.0.${index}.0/24`);
    const facts = nodeFactsOf({ metadata: { name: "n" }, spec: { podCIDRs }, status: { addresses } });
    assert.deepEqual([facts.podCIDRs.length, facts.addresses.length], [8, 16]);
  });

  it("has nothing to say about a Node that says nothing", () => {
    assert.deepEqual(nodeFactsOf({ metadata: { name: "n" } }), { podCIDRs: [], addresses: [] });
  });
});
