import assert from "node:assert/strict";
import { findNodeProblems } from "../../../../agent/services/find-node-problems.ts";
import { trimService } from "../../../../agent/watch/trim-service.ts";
import { parseIpAddress } from "../../../../platform/ip/address.ts";
import { makeNodeFacts, makeNodeProxyConfig, makeService } from "../../../support/make-objects.ts";

interface Row {
  readonly rule: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of all Services, one family each. */
  readonly clusterIPs?: readonly string[];
  readonly type?: string;
  readonly local?: readonly string[];
  readonly interfaces?: readonly string[] | undefined;
  readonly problems: readonly string[];
}

const elsewhere = { nodePorts: { addresses: ["203.0.113.0/24", "2001:db8:1::/48"] } };
const bridge = { localTraffic: { detect: "BridgeInterface", interface: "nosuchbr" } };
const prefix = { localTraffic: { detect: "InterfaceNamePrefix", interface: "cali" } };

const rows: readonly Row[] = [
  { rule: "the first addresses of the Node are no matter of CIDRs", problems: [] },
  {
    rule: "CIDRs that no address is in leave NodePorts without an answer",
    config: elsewhere,
    problems: [
      "no address of this node is in spec.nodePorts.addresses (203.0.113.0/24): NodePorts do not answer over IPv4; it has 192.0.2.11",
    ],
  },
  {
    rule: "each family that Services use is reported, also one in which the node has no address",
    config: elsewhere,
    clusterIPs: ["10.96.0.10", "fd00::10"],
    problems: [
      "no address of this node is in spec.nodePorts.addresses (203.0.113.0/24): NodePorts do not answer over IPv4; it has 192.0.2.11",
      "no address of this node is in spec.nodePorts.addresses (2001:db8:1::/48): NodePorts do not answer over IPv6; it has none",
    ],
  },
  {
    rule: "of many addresses five are named",
    config: { nodePorts: { addresses: ["203.0.113.0/24"] } },
    local: ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7"],
    problems: [
      "no address of this node is in spec.nodePorts.addresses (203.0.113.0/24): NodePorts do not answer over IPv4; it has 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5 and 2 more",
    ],
  },
  {
    rule: "one address inside is enough",
    config: elsewhere,
    local: ["192.0.2.11", "203.0.113.7"],
    problems: [],
  },
  { rule: "without NodePorts there is no problem", config: elsewhere, type: "ClusterIP", problems: [] },
  {
    rule: "CIDRs of one family say nothing about the other",
    config: { nodePorts: { addresses: ["2001:db8:1::/48"] } },
    problems: [],
  },
  {
    rule: "loopback CIDRs are meant to leave out all that others can reach",
    config: { nodePorts: { addresses: ["127.0.0.0/8"] } },
    problems: [],
  },
  {
    rule: "a bridge that does not exist",
    config: bridge,
    interfaces: ["lo", "nosuchbr0"],
    problems: [
      "interface nosuchbr does not exist (spec.localTraffic.interface): pods' connections to ClusterIPs come from the node's address",
    ],
  },
  { rule: "a bridge that exists", config: bridge, interfaces: ["lo", "nosuchbr"], problems: [] },
  {
    rule: "a prefix that no interface has",
    config: prefix,
    interfaces: ["lo", "eth0"],
    problems: [
      "no interface has a name that begins with cali (spec.localTraffic.interface): pods' connections to ClusterIPs come from the node's address",
    ],
  },
  { rule: "a prefix that some interface has", config: prefix, interfaces: ["lo", "cali12ab"], problems: [] },
  {
    rule: "interfaces that cannot be read are not missed",
    config: bridge,
    interfaces: undefined,
    problems: [],
  },
];

describe("node problems", () => {
  for (const { rule, config, clusterIPs = ["10.96.0.10"], type = "NodePort", ...row } of rows) {
    it(rule, () => {
      const ports = [{ port: 80, ...(type === "NodePort" ? { nodePort: 30_080 } : {}) }];
      const services = clusterIPs.flatMap((address, index) => {
        const service = trimService(makeService({ name: `s${index}`, clusterIPs: [address], type, ports }));
        return service === undefined ? [] : [[service.name, service] as const];
      });
      const local = (row.local ?? ["192.0.2.11"]).map((address) => parseIpAddress(address));
      const { primary } = makeNodeFacts().addresses;
      const problems = findNodeProblems({
        config: makeNodeProxyConfig(config),
        addresses: { primary, local },
        interfaces: "interfaces" in row ? row.interfaces : ["lo"],
        services,
      });
      assert.deepEqual(problems, row.problems);
    });
  }
});
