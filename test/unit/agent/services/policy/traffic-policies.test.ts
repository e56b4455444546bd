import { balancer, checkFrontends, dualStack, type FrontendRow, lb, vip, vip6 } from "./frontend-rows.ts";

const rows: readonly FrontendRow[] = [
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
    rule: "with no valid source range no client is kept out, and that is reported",
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

describe("traffic policies and source ranges of a Service", () => {
  for (const row of rows) it(row.rule, () => checkFrontends(row));
});
