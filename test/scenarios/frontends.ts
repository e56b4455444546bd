/** Addresses and ports that clients use. */
import type { AddressPair } from "../../playground/nodes/network-plan.ts";
import { addressOf, bothFamilies, clusterIP, externalIP, loadBalancerIP, nodeNamed } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "./cluster-objects.ts";
import { answeredBy, at, dropped, refused, scenario, unserved, type Scenario } from "./scenario.ts";

const both = ["pod1a", "pod2a"] as const;
const webSlices = endpointSlices({ endpoints: both });

const ports: readonly Scenario[] = [
  scenario("each port of a Service leads to its own target port", {
    services: [
      service({
        ports: [
          { name: "http", protocol: "TCP", port: 80 },
          { name: "metrics", protocol: "TCP", port: 81 },
        ],
      }),
    ],
    endpointSlices: endpointSlices({
      endpoints: both,
      ports: [
        { name: "http", protocol: "TCP", port: 8080 },
        { name: "metrics", protocol: "TCP", port: 9090 },
      ],
    }),
    probes: [
      { from: "pod1b", to: at(clusterIP(1), 80), expect: answeredBy(both, { port: 8080 }) },
      { from: "pod1b", to: at(clusterIP(1), 81), expect: answeredBy(both, { port: 9090 }) },
    ],
  }),
  scenario("one port name may stand for other numbers on other pods", {
    services: [service({ ports: [{ name: "http", protocol: "TCP", port: 80 }] })],
    endpointSlices: [
      ...endpointSlices({ endpoints: ["pod1a"], ports: [{ name: "http", protocol: "TCP", port: 8080 }] }),
      ...endpointSlices({
        number: 2,
        endpoints: ["pod2a"],
        ports: [{ name: "http", protocol: "TCP", port: 8081 }],
      }),
    ],
    probes: [
      { from: "pod1b", to: at(clusterIP(1), 80), expect: answeredBy(both) },
      { from: "node1", to: at(clusterIP(1), 80), expect: answeredBy(both) },
    ],
  }),
  scenario("TCP and UDP may share a port number of one Service", {
    services: [
      service({
        type: "NodePort",
        ports: [
          { name: "tcp", protocol: "TCP", port: 80, nodePort },
          { name: "udp", protocol: "UDP", port: 80, nodePort },
        ],
      }),
    ],
    endpointSlices: endpointSlices({
      endpoints: both,
      ports: [
        { name: "tcp", protocol: "TCP", port: 8080 },
        { name: "udp", protocol: "UDP", port: 5353 },
      ],
    }),
    probes: (["pod1b", "client"] as const).flatMap((from) => [
      { from, to: at(clusterIP(1), 80, "TCP"), expect: answeredBy(both, { port: 8080 }) },
      { from, to: at(clusterIP(1), 80, "UDP"), expect: answeredBy(both, { port: 5353 }) },
      { from, to: at(addressOf("node1"), nodePort, "TCP"), expect: answeredBy(both, { port: 8080 }) },
      { from, to: at(addressOf("node1"), nodePort, "UDP"), expect: answeredBy(both, { port: 5353 }) },
    ]),
  }),
  scenario("two Services may have the same nodePort for different protocols", {
    services: [
      service({ name: "web", number: 1, type: "NodePort" }),
      service({
        name: "dns",
        number: 2,
        type: "NodePort",
        ports: [{ protocol: "UDP", port: 53, nodePort }],
      }),
    ],
    endpointSlices: [
      ...endpointSlices({ service: "web", endpoints: ["pod1a"] }),
      ...endpointSlices({
        service: "dns",
        endpoints: ["pod2a"],
        ports: [{ name: "", protocol: "UDP", port: 5353 }],
      }),
    ],
    probes: [
      { from: "client", to: at(addressOf("node1"), nodePort, "TCP"), expect: answeredBy(["pod1a"]) },
      { from: "client", to: at(addressOf("node1"), nodePort, "UDP"), expect: answeredBy(["pod2a"]) },
    ],
  }),
  scenario("pods that are addressed directly are left alone", {
    services: [service({ exposed: true })],
    endpointSlices: webSlices,
    probes: (["pod1b", "client"] as const).flatMap((from) => [
      { from, to: at(addressOf("pod1a"), 8080), expect: answeredBy(["pod1a"], { sees: "client" }) },
      { from, to: at(addressOf("pod2a"), 8080), expect: answeredBy(["pod2a"], { sees: "client" }) },
    ]),
  }),
];

const gatewayOfPods: AddressPair = nodeNamed("node1").podGateway;

const nodePorts: readonly Scenario[] = [
  scenario("a nodePort answers on the node's primary address only, by default", {
    services: [service({ type: "NodePort" })],
    endpointSlices: webSlices,
    probes: [
      { from: "client", to: at(addressOf("node1"), nodePort), expect: answeredBy(both) },
      { from: "pod1b", to: at(gatewayOfPods, nodePort), expect: refused },
    ],
  }),
  scenario("nodePorts.addresses chooses the node addresses that answer", {
    config: { nodePorts: { addresses: ["10.244.1.0/24", "fd00:10:244:1::/64"], localhost: false } },
    services: [service({ type: "NodePort" })],
    endpointSlices: webSlices,
    probes: [
      { from: "client", to: at(addressOf("node1"), nodePort), expect: refused },
      { from: "pod1b", to: at(gatewayOfPods, nodePort), expect: answeredBy(both, { sees: "node" }) },
    ],
  }),
  scenario("nodePorts.addresses of length 0 choose all addresses of the node", {
    config: { nodePorts: { addresses: ["0.0.0.0/0", "::/0"], localhost: false } },
    services: [service({ type: "NodePort" })],
    endpointSlices: webSlices,
    probes: (["client", "pod1b"] as const).flatMap((from) =>
      [addressOf("node1"), gatewayOfPods].map((address) => ({
        from,
        to: at(address, nodePort),
        expect: answeredBy(both, { sees: "node" }),
      })),
    ),
  }),
  scenario("every node answers on its own address, also without an endpoint of its own", {
    programmed: ["node1", "node2", "node3"],
    services: [service({ type: "NodePort" })],
    endpointSlices: webSlices,
    probes: (["node1", "node2", "node3"] as const).map((node) => ({
      from: "client",
      to: at(addressOf(node), nodePort),
      expect: answeredBy(both),
    })),
  }),
  scenario("with externalTrafficPolicy Local each node answers for its own endpoints only", {
    programmed: ["node1", "node2", "node3"],
    services: [service({ type: "NodePort", externalTrafficPolicy: "Local" })],
    endpointSlices: webSlices,
    probes: [
      {
        from: "client",
        to: at(addressOf("node1"), nodePort),
        expect: answeredBy(["pod1a"], { sees: "client" }),
      },
      {
        from: "client",
        to: at(addressOf("node2"), nodePort),
        expect: answeredBy(["pod2a"], { sees: "client" }),
      },
      { from: "client", to: at(addressOf("node3"), nodePort), expect: dropped },
    ],
  }),
  scenario("a load balancer Service without a nodePort is served on its other addresses", {
    services: [service({ exposed: true, ports: [{ protocol: "TCP", port: servicePort }] })],
    endpointSlices: webSlices,
    probes: [
      { from: "client", to: at(loadBalancerIP(1), servicePort), expect: answeredBy(both) },
      { from: "client", to: at(addressOf("node1"), nodePort), expect: refused },
    ],
  }),
];

const ingress: readonly Scenario[] = [
  scenario("ipMode Proxy leaves the address to the load balancer; nodePort and clusterIP are served", {
    services: [
      service({
        type: "LoadBalancer",
        ingress: bothFamilies(loadBalancerIP(1)).map((ip) => ({ ip, ipMode: "Proxy" })),
      }),
    ],
    endpointSlices: webSlices,
    probes: [
      { from: "client", to: at(loadBalancerIP(1), servicePort), expect: unserved },
      { from: "pod1b", to: at(loadBalancerIP(1), servicePort), expect: unserved },
      { from: "client", to: at(addressOf("node1"), nodePort), expect: answeredBy(both) },
      { from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(both) },
    ],
  }),
  scenario("ipMode VIP is the same as none", {
    services: [
      service({
        type: "LoadBalancer",
        ingress: bothFamilies(loadBalancerIP(1)).map((ip) => ({ ip, ipMode: "VIP" })),
      }),
    ],
    endpointSlices: webSlices,
    probes: [{ from: "client", to: at(loadBalancerIP(1), servicePort), expect: answeredBy(both) }],
  }),
  scenario("an ingress that has only a host name is no address of ours", {
    services: [service({ type: "LoadBalancer", ingress: [{ hostname: "lb.example.com" }] })],
    endpointSlices: webSlices,
    probes: [
      { from: "client", to: at(addressOf("node1"), nodePort), expect: answeredBy(both) },
      { from: "client", to: at(loadBalancerIP(1), servicePort), expect: unserved },
    ],
  }),
  scenario("a Service of type ClusterIP is served on its externalIPs", {
    services: [service({ externalIPs: bothFamilies(externalIP(1)) })],
    endpointSlices: webSlices,
    probes: [
      { from: "client", to: at(externalIP(1), servicePort), expect: answeredBy(both, { sees: "node" }) },
      { from: "pod1b", to: at(externalIP(1), servicePort), expect: answeredBy(both, { sees: "node" }) },
    ],
  }),
  scenario("externalTrafficPolicy Local holds for the externalIPs of a Service of type ClusterIP", {
    services: [service({ externalIPs: bothFamilies(externalIP(1)), externalTrafficPolicy: "Local" })],
    endpointSlices: webSlices,
    probes: [
      {
        from: "client",
        to: at(externalIP(1), servicePort),
        expect: answeredBy(["pod1a"], { sees: "client" }),
      },
      { from: "pod1b", to: at(externalIP(1), servicePort), expect: answeredBy(both, { sees: "client" }) },
    ],
  }),
];

export const frontends: readonly Scenario[] = [...ports, ...nodePorts, ...ingress];
