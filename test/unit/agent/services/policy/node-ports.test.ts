import { parseIpAddress } from "../../../../../platform/ip/address.ts";
import { balancer, checkFrontends, dualStack, type FrontendRow, lb, vip, vip6 } from "./frontend-rows.ts";

const local = ["127.0.0.1", "192.168.0.1", "10.20.0.1", "::1", "fd00:0:0:1::1", "2001:db8::1"].map((text) =>
  parseIpAddress(text),
);
const addresses = { primary: { IPv4: parseIpAddress("192.168.0.1"), IPv6: undefined }, local };

const rows: readonly FrontendRow[] = [
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
];

describe("NodePorts of a Service", () => {
  for (const row of rows) it(row.rule, () => checkFrontends(row));
});
