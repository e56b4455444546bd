import assert from "node:assert/strict";
import { parseIpAddress } from "../../../../../platform/ip/address.ts";
import { makeService } from "../../../../support/make-objects.ts";
import { compileObjects, frontendLines, type Objects, portsOf } from "../compile-objects.ts";

interface Row {
  readonly rule: string;
  readonly service: Parameters<typeof makeService>[0];
  readonly config?: Objects["config"];
  readonly node?: Objects["node"];
  readonly frontends: readonly string[];
  /** Fields that are reported. */
  readonly problems?: readonly string[];
}

const vip = "clusterIP 10.96.0.10 80/TCP cluster";
const dualStack = { clusterIPs: ["10.96.0.10", "fd00:96::10"] };
const vip6 = "clusterIP fd00:96::10 80/TCP cluster";
const balancer = { type: "LoadBalancer", ingress: [{ ip: "198.51.100.7" }] };
const lb = "loadBalancerIP 198.51.100.7 80/TCP cluster";
const local = ["127.0.0.1", "192.168.0.1", "10.20.0.1", "::1", "fd00:0:0:1::1", "2001:db8::1"].map((text) =>
  parseIpAddress(text),
);
const addresses = { primary: { IPv4: parseIpAddress("192.168.0.1"), IPv6: undefined }, local };

const rows: readonly Row[] = [
  { rule: "a clusterIP is served at the service port", service: {}, frontends: [vip] },
  {
    rule: "each family with a clusterIP is served",
    service: dualStack,
    frontends: [vip, vip6],
  },
  {
    rule: "the order of clusterIPs does not matter",
    service: { clusterIPs: ["fd00:96::10", "10.96.0.10"] },
    frontends: [vip, vip6],
  },
  {
    rule: "ipFamilies and ipFamilyPolicy are not read",
    service: { ipFamilies: ["IPv6"], ipFamilyPolicy: "RequireDualStack" },
    frontends: [vip],
  },
  {
    rule: "clusterIP counts where clusterIPs is not set",
    service: { clusterIPs: undefined, clusterIP: "10.96.0.10" },
    frontends: [vip],
  },
  {
    rule: "of two clusterIPs of one family the first counts",
    service: { clusterIPs: ["10.96.0.10", "10.96.0.11"] },
    frontends: [vip],
  },
  { rule: "a headless Service is ignored", service: { clusterIPs: ["None"] }, frontends: [] },
  { rule: "a Service without a clusterIP yet is ignored", service: { clusterIPs: [""] }, frontends: [] },
  {
    rule: "a Service of type ExternalName is ignored, also with a clusterIP",
    service: { type: "ExternalName", externalName: "example.org" },
    frontends: [],
  },
  {
    rule: "label service-proxy-name leaves the Service to another proxy",
    service: { labels: { "service.kubernetes.io/service-proxy-name": "" } },
    frontends: [],
  },
  {
    rule: "label headless on a Service with a clusterIP does not make it headless",
    service: { labels: { "service.kubernetes.io/headless": "" } },
    frontends: [vip],
  },
  {
    rule: "leading zeros in a clusterIP are decimal",
    service: { clusterIPs: ["010.096.000.010"] },
    frontends: [vip],
  },
  {
    rule: "an IPv6 clusterIP is written as RFC 5952 says",
    service: { clusterIPs: ["FD00:96:0::0010"] },
    frontends: [vip6],
  },
  {
    rule: "a clusterIP that is no address is reported and the other family served",
    service: { clusterIPs: ["10.96.0", "fd00:96::10"] },
    frontends: [vip6],
    problems: ["spec.clusterIPs[0]"],
  },

  {
    rule: "a nodePort is served at the node's primary address by default",
    service: { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    frontends: [vip, "nodePort 192.168.0.1 30080/TCP cluster"],
  },
  {
    rule: "a nodePort of a dual-stack Service is served in both families",
    service: { ...dualStack, type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    frontends: [
      vip,
      "nodePort 192.168.0.1 30080/TCP cluster",
      vip6,
      "nodePort fd00:0:0:1::1 30080/TCP cluster",
    ],
  },
  {
    rule: "one nodePort number can serve TCP and UDP",
    service: {
      type: "NodePort",
      ports: [
        { name: "tcp", port: 53, nodePort: 30_053, protocol: "TCP" },
        { name: "udp", port: 53, nodePort: 30_053, protocol: "UDP" },
      ],
    },
    frontends: [
      "clusterIP 10.96.0.10 53/TCP cluster",
      "nodePort 192.168.0.1 30053/TCP cluster",
      "clusterIP 10.96.0.10 53/UDP cluster",
      "nodePort 192.168.0.1 30053/UDP cluster",
    ],
  },
  {
    rule: "nodePort 0 (allocateLoadBalancerNodePorts false) is none, the load balancer address works",
    service: { ...balancer, allocateLoadBalancerNodePorts: false, ports: [{ port: 80, nodePort: 0 }] },
    frontends: [vip, lb],
  },
  {
    rule: "nodePorts.addresses with CIDRs chooses among all addresses of the node, family by family",
    service: { ...dualStack, type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    config: { nodePorts: { addresses: ["10.0.0.0/8", "2001:db8::/32"] } },
    node: { addresses },
    frontends: [vip, "nodePort 10.20.0.1 30080/TCP cluster", vip6, "nodePort 2001:db8::1 30080/TCP cluster"],
  },
  {
    rule: "a family without a CIDR in nodePorts.addresses accepts on all its addresses but loopback",
    service: { ...dualStack, type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    config: { nodePorts: { addresses: ["2001:db8::/32"] } },
    node: { addresses },
    frontends: [
      vip,
      "nodePort 10.20.0.1 30080/TCP cluster",
      "nodePort 192.168.0.1 30080/TCP cluster",
      vip6,
      "nodePort 2001:db8::1 30080/TCP cluster",
    ],
  },
  {
    rule: "a CIDR that holds loopback does not open it",
    service: { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    config: { nodePorts: { addresses: ["127.0.0.0/8"] } },
    node: { addresses },
    frontends: [vip],
  },
  {
    rule: "nodePorts.localhost makes loopback no frontend: the kernel cannot serve it",
    service: { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    config: { nodePorts: { localhost: true } },
    frontends: [vip, "nodePort 192.168.0.1 30080/TCP cluster"],
  },
  {
    rule: "a node without an address of the family has no nodePort in it",
    service: { ...dualStack, type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] },
    node: { addresses },
    frontends: [vip, "nodePort 192.168.0.1 30080/TCP cluster", vip6],
  },

  { rule: "a load balancer address without ipMode is served", service: balancer, frontends: [vip, lb] },
  {
    rule: "a load balancer address with ipMode VIP is served",
    service: { ...balancer, ingress: [{ ip: "198.51.100.7", ipMode: "VIP" }] },
    frontends: [vip, lb],
  },
  {
    rule: "a load balancer address with ipMode Proxy is not served, its nodePort is",
    service: {
      ...balancer,
      ingress: [{ ip: "198.51.100.7", ipMode: "Proxy" }],
      ports: [{ port: 80, nodePort: 30_080 }],
    },
    frontends: [vip, "nodePort 192.168.0.1 30080/TCP cluster"],
  },
  {
    rule: "an ingress entry with a host name only is ignored",
    service: { ...balancer, ingress: [{ hostname: "lb.example.org" }, { ip: "", hostname: "x" }] },
    frontends: [vip],
  },
  {
    rule: "a load balancer address of a family without clusterIP is reported and not served",
    service: { ...balancer, ingress: [{ ip: "2001:db8::7" }, { ip: "198.51.100.7" }] },
    frontends: [vip, lb],
    problems: ["status.loadBalancer.ingress[0]"],
  },
  {
    rule: "leading zeros in a load balancer address are decimal",
    service: { ...balancer, ingress: [{ ip: "198.051.100.007" }] },
    frontends: [vip, lb],
  },

  {
    rule: "externalIPs are served at the service port, sorted",
    service: { externalIPs: ["203.0.113.20", "203.0.113.9"] },
    frontends: [vip, "externalIP 203.0.113.9 80/TCP cluster", "externalIP 203.0.113.20 80/TCP cluster"],
  },
  {
    rule: "an externalIP twice, once with leading zeros, is one",
    service: { externalIPs: ["203.0.113.9", "203.000.113.009"] },
    frontends: [vip, "externalIP 203.0.113.9 80/TCP cluster"],
  },
  {
    rule: "an externalIP that is no address is reported and the others are served",
    service: { externalIPs: ["203.0.113.9; flush ruleset", "203.0.113.9", "203.0.113.0/24", 7, null] },
    frontends: [vip, "externalIP 203.0.113.9 80/TCP cluster"],
    problems: ["spec.externalIPs[0]", "spec.externalIPs[2]", "spec.externalIPs[3]", "spec.externalIPs[4]"],
  },
  {
    rule: "an externalIP of a family without clusterIP is reported and not served",
    service: { externalIPs: ["2001:db8::9"] },
    frontends: [vip],
    problems: ["spec.externalIPs[0]"],
  },
  {
    rule: "an externalIP that is also the load balancer's address keeps its source ranges",
    service: { ...balancer, externalIPs: ["198.51.100.7"], loadBalancerSourceRanges: ["203.0.113.0/24"] },
    frontends: [vip, `${lb} from 203.0.113.0/24`],
  },

  {
    rule: "all three protocols are served",
    service: {
      ports: ["TCP", "UDP", "SCTP"].map((protocol) => ({ name: protocol.toLowerCase(), port: 9, protocol })),
    },
    frontends: [
      "clusterIP 10.96.0.10 9/TCP cluster",
      "clusterIP 10.96.0.10 9/UDP cluster",
      "clusterIP 10.96.0.10 9/SCTP cluster",
    ],
  },
  {
    rule: "a port that cannot be used is reported and the others are served",
    service: {
      ports: [
        { name: "a", port: 0 },
        { name: "b", port: 65_536 },
        { name: "c", port: "80" },
        { name: "d", port: 80.5 },
        { name: "e", port: 81, protocol: "ICMP" },
        { name: 'f"; drop', port: 82 },
        { name: "g", port: 80 },
        "h",
      ],
    },
    frontends: [vip],
    problems: [0, 1, 2, 3, 4, 5, 7].map((index) => `spec.ports[${index}]`),
  },
  {
    rule: "of two ports with the same name or number and protocol the first counts",
    service: {
      ports: [
        { name: "a", port: 80 },
        { name: "a", port: 81 },
        { name: "b", port: 80 },
        { name: "c", port: 80, protocol: "UDP" },
      ],
    },
    frontends: [vip, "clusterIP 10.96.0.10 80/UDP cluster"],
    problems: ["spec.ports[1]", "spec.ports[2]"],
  },
  {
    rule: "a nodePort that is no port is reported, the port is served",
    service: { type: "NodePort", ports: [{ port: 80, nodePort: 70_000 }] },
    frontends: [vip],
    problems: ["spec.ports.nodePort"],
  },

  {
    rule: "internalTrafficPolicy Local is about the clusterIP only",
    service: { ...balancer, internalTrafficPolicy: "Local", externalIPs: ["203.0.113.9"] },
    frontends: [
      "clusterIP 10.96.0.10 80/TCP local",
      "externalIP 203.0.113.9 80/TCP cluster",
      "loadBalancerIP 198.51.100.7 80/TCP cluster",
    ],
  },
  {
    rule: "externalTrafficPolicy Local is about everything but the clusterIP",
    service: {
      ...balancer,
      externalTrafficPolicy: "Local",
      externalIPs: ["203.0.113.9"],
      ports: [{ port: 80, nodePort: 30_080 }],
    },
    frontends: [
      vip,
      "externalIP 203.0.113.9 80/TCP cluster+local",
      "loadBalancerIP 198.51.100.7 80/TCP cluster+local",
      "nodePort 192.168.0.1 30080/TCP cluster+local",
    ],
  },
  {
    rule: "externalTrafficPolicy Local counts for type ClusterIP with externalIPs",
    service: { externalTrafficPolicy: "Local", externalIPs: ["203.0.113.9"] },
    frontends: [vip, "externalIP 203.0.113.9 80/TCP cluster+local"],
  },
  {
    rule: "externalTrafficPolicy Local means nothing for type ClusterIP without externalIPs",
    service: { externalTrafficPolicy: "Local", ingress: [{ ip: "198.51.100.7" }] },
    frontends: [vip, lb],
  },
  {
    rule: "an unknown traffic policy is reported and is Cluster",
    service: { ...balancer, internalTrafficPolicy: "Zone", externalTrafficPolicy: 5 },
    frontends: [vip, lb],
    problems: ["spec.externalTrafficPolicy", "spec.internalTrafficPolicy"],
  },

  {
    rule: "source ranges limit load balancer addresses only",
    service: {
      ...balancer,
      loadBalancerSourceRanges: ["203.0.113.0/24"],
      externalIPs: ["203.0.113.9"],
      ports: [{ port: 80, nodePort: 30_080 }],
    },
    frontends: [
      vip,
      "externalIP 203.0.113.9 80/TCP cluster",
      `${lb} from 203.0.113.0/24`,
      "nodePort 192.168.0.1 30080/TCP cluster",
    ],
  },
  {
    rule: "spaces around a source range are trimmed, leading zeros are decimal, host bits cleared",
    service: { ...balancer, loadBalancerSourceRanges: [" 203.000.113.077/024\t"] },
    frontends: [vip, `${lb} from 203.0.113.0/24`],
  },
  {
    rule: "source ranges of another family do not limit this one",
    service: { ...balancer, loadBalancerSourceRanges: ["2001:db8::/32"] },
    frontends: [vip, lb],
  },
  {
    rule: "source ranges are split by family",
    service: {
      ...dualStack,
      ...balancer,
      ingress: [{ ip: "198.51.100.7" }, { ip: "2001:db8::7" }],
      loadBalancerSourceRanges: ["2001:db8:1::/48", "203.0.113.0/24"],
    },
    frontends: [
      vip,
      `${lb} from 203.0.113.0/24`,
      vip6,
      "loadBalancerIP 2001:db8::7 80/TCP cluster from 2001:db8:1::/48",
    ],
  },
  {
    rule: "a /0 source range is no limit in its family",
    service: { ...balancer, loadBalancerSourceRanges: ["203.0.113.0/24", "0.0.0.0/0"] },
    frontends: [vip, lb],
  },
  {
    rule: "two halves of everything stay as they are, and hold the node's own address",
    service: { ...balancer, loadBalancerSourceRanges: ["0.0.0.0/1", "128.0.0.0/1"] },
    frontends: [vip, `${lb} from 0.0.0.0/1,128.0.0.0/1,198.51.100.7/32`],
  },
  {
    rule: "an invalid source range is reported, the others limit",
    service: { ...balancer, loadBalancerSourceRanges: ["203.0.113.0", "203.0.113.0/24"] },
    frontends: [vip, `${lb} from 203.0.113.0/24`],
    problems: ["spec.loadBalancerSourceRanges[0]"],
  },
  {
    rule: "with no valid source range nobody is kept out, and that is reported",
    service: { ...balancer, loadBalancerSourceRanges: ["203.0.113.0"] },
    frontends: [vip, lb],
    problems: ["spec.loadBalancerSourceRanges[0]", "spec.loadBalancerSourceRanges"],
  },
  {
    rule: "a range with the node's own address lets in the load balancer addresses of the family",
    service: {
      ...dualStack,
      ...balancer,
      ingress: [{ ip: "198.51.100.7" }, { ip: "198.51.100.8" }, { ip: "2001:db8::7" }],
      loadBalancerSourceRanges: ["192.168.0.0/16"],
    },
    frontends: [
      vip,
      `${lb} from 192.168.0.0/16,198.51.100.7/32,198.51.100.8/32`,
      "loadBalancerIP 198.51.100.8 80/TCP cluster from 192.168.0.0/16,198.51.100.7/32,198.51.100.8/32",
      vip6,
      "loadBalancerIP 2001:db8::7 80/TCP cluster",
    ],
  },
];

describe("addresses of a Service", () => {
  for (const { rule, service, config = {}, node = {}, frontends, problems = [] } of rows) {
    it(rule, () => {
      const compiled = compileObjects({ services: [makeService(service)], config, node });
      assert.deepEqual(frontendLines(portsOf(compiled)), frontends);
      assert.deepEqual(
        compiled.problems.map(({ field }) => field),
        problems,
      );
    });
  }
});
