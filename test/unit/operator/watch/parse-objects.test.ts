import assert from "node:assert/strict";
import { parseNode, parseNodeProxy } from "../../../../operator/watch/parse-objects.ts";
import { makeNodeProxySpec } from "../../../support/make-node-proxy-spec.ts";

const zoneOf = (zone: string) =>
  parseNode({ metadata: { name: "n", labels: { "topology.kubernetes.io/zone": zone } } }).zone;

describe("parseNode", () => {
  it("takes InternalIPs before ExternalIPs, once each, and no names", () => {
    const addresses = [
      { type: "ExternalIP", address: "203.0.113.1" },
      { type: "Hostname", address: "node-1" },
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "InternalIP", address: "2001:db8::1" },
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "ExternalIP", address: "node-1.example.com" },
    ];
    const node = parseNode({ metadata: { name: "node-1" }, status: { addresses } });
    assert.deepEqual(node.addresses, ["192.0.2.1", "2001:db8::1", "203.0.113.1"]);
  });

  it("takes podCIDRs, or podCIDR of clusters that are older than dual stack", () => {
    const podCIDRs = ["10.0.0.0/24", "fd00::/64"];
    assert.deepEqual(
      parseNode({ metadata: { name: "n" }, spec: { podCIDR: "10.0.0.0/24", podCIDRs } }).podCIDRs,
      podCIDRs,
    );
    assert.deepEqual(parseNode({ metadata: { name: "n" }, spec: { podCIDR: "10.0.0.0/24" } }).podCIDRs, [
      "10.0.0.0/24",
    ]);
  });

  it("takes the zone from its label, and an empty one for none", () => {
    assert.equal(zoneOf("z1"), "z1");
    assert.equal(zoneOf(""), undefined);
  });

  it("takes a Node that says nothing", () => {
    assert.deepEqual(parseNode({ metadata: { name: "n", uid: "u" } }), {
      name: "n",
      uid: "u",
      labels: {},
      zone: undefined,
      podCIDRs: [],
      addresses: [],
    });
  });
});

describe("parseNodeProxy", () => {
  it("drops what the plan does not look at", () => {
    const metadata = { name: "n", uid: "u", resourceVersion: "7", managedFields: [{ manager: "m" }] };
    const spec = makeNodeProxySpec();
    const status = {
      observedRevision: "r1",
      lastSync: { at: "", durationMilliseconds: 1, kind: "Full", changes: 0 },
    };
    assert.deepEqual(parseNodeProxy({ metadata, spec, status }), {
      apiVersion: "kubesteer.dev/v1alpha1",
      kind: "NodeProxy",
      metadata: { name: "n", uid: "u" },
      spec,
      status: { observedRevision: "r1" },
    });
  });
});
