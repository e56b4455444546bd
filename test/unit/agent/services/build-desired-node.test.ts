import assert from "node:assert/strict";
import { buildDesiredNode } from "../../../../agent/services/build-desired-node.ts";
import type { DesiredNode } from "../../../../agent/services/desired-state.ts";
import { parseCidr } from "../../../../platform/ip/cidr.ts";
import { makeNodeFacts, makeNodeProxyConfig } from "../../../support/make-objects.ts";

interface Row {
  readonly rule: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly podCIDRs?: readonly string[];
  readonly ipv4: DesiredNode["ipv4"]["localDetector"];
  readonly ipv6: DesiredNode["ipv6"]["localDetector"];
}

const cidrs = (...texts: readonly string[]) => texts.map((text) => parseCidr(text));

const rows: readonly Row[] = [
  {
    rule: "NodeCIDR: the node's podCIDR of the family",
    ipv4: { kind: "sourceCIDR", cidrs: cidrs("10.244.1.0/24") },
    ipv6: { kind: "sourceCIDR", cidrs: cidrs("fd00:10:244:1::/64") },
  },
  {
    rule: "NodeCIDR: no detector for a family without podCIDR",
    podCIDRs: ["10.244.1.0/24"],
    ipv4: { kind: "sourceCIDR", cidrs: cidrs("10.244.1.0/24") },
    ipv6: { kind: "none" },
  },
  {
    rule: "ClusterCIDR: the configured CIDRs of the family",
    config: { localTraffic: { detect: "ClusterCIDR", cidrs: ["10.244.0.0/16", "10.245.0.0/16"] } },
    ipv4: { kind: "sourceCIDR", cidrs: cidrs("10.244.0.0/16", "10.245.0.0/16") },
    ipv6: { kind: "none" },
  },
  {
    rule: "BridgeInterface: one interface for both families",
    config: { localTraffic: { detect: "BridgeInterface", interface: "cni0" } },
    ipv4: { kind: "interface", name: "cni0" },
    ipv6: { kind: "interface", name: "cni0" },
  },
  {
    rule: "InterfaceNamePrefix: one prefix for both families",
    config: { localTraffic: { detect: "InterfaceNamePrefix", interface: "veth" } },
    ipv4: { kind: "interfacePrefix", prefix: "veth" },
    ipv6: { kind: "interfacePrefix", prefix: "veth" },
  },
];

describe("facts of the node", () => {
  for (const { rule, config = {}, podCIDRs, ipv4, ipv6 } of rows) {
    it(rule, () => {
      const node = makeNodeFacts(podCIDRs === undefined ? {} : { podCIDRs: cidrs(...podCIDRs) });
      const desired = buildDesiredNode(makeNodeProxyConfig(config), node, []);
      assert.deepEqual(desired.ipv4.localDetector, ipv4);
      assert.deepEqual(desired.ipv6.localDetector, ipv6);
    });
  }

  it("service CIDRs are split by family, sorted, and each is there once", () => {
    const ranges = cidrs("fd00:96::/108", "10.112.0.0/12", "10.96.0.0/12", "9.0.0.0/8", "10.96.0.0/12");
    const desired = buildDesiredNode(makeNodeProxyConfig(), makeNodeFacts(), ranges);
    assert.deepEqual(desired.ipv4.serviceCIDRs, cidrs("9.0.0.0/8", "10.96.0.0/12", "10.112.0.0/12"));
    assert.deepEqual(desired.ipv6.serviceCIDRs, cidrs("fd00:96::/108"));
  });

  it("masqueradeAll is for both families", () => {
    const desired = buildDesiredNode(makeNodeProxyConfig({ masqueradeAll: true }), makeNodeFacts(), []);
    const allClients = { pod: true, node: true, outside: true };
    assert.deepEqual(desired.ipv4.clusterIPMasquerade, allClients);
    assert.deepEqual(desired.ipv6.clusterIPMasquerade, allClients);
  });

  it("each family is masqueraded by whether it has a detector", () => {
    const node = makeNodeFacts({ podCIDRs: cidrs("10.244.1.0/24") });
    const desired = buildDesiredNode(makeNodeProxyConfig(), node, []);
    assert.deepEqual(desired.ipv4.clusterIPMasquerade, { pod: false, node: true, outside: true });
    assert.deepEqual(desired.ipv6.clusterIPMasquerade, { pod: false, node: false, outside: false });
  });

  it("undefined ports are refused and unallocated addresses dropped, but not what is the node's own", () => {
    const { ipv4, ipv6 } = buildDesiredNode(makeNodeProxyConfig(), makeNodeFacts(), []);
    const expected = {
      undefinedPort: "refuse",
      unallocatedAddress: "drop",
      passToOwnAddress: { pod: true, node: false, outside: true },
    };
    assert.deepEqual([ipv4.unmatched, ipv6.unmatched], [expected, expected]);
  });
});
