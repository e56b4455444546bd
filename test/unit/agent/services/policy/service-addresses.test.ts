import { balancer, checkFrontends, dualStack, type FrontendRow, lb, vip, vip6 } from "./frontend-rows.ts";

const rows: readonly FrontendRow[] = [
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
];

describe("addresses of a Service", () => {
  for (const row of rows) it(row.rule, () => checkFrontends(row));
});
