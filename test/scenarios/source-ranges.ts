/** loadBalancerSourceRanges: who may use the addresses of a load balancer. */
import {
  addressOf,
  bothFamilies,
  clusterIP,
  externalIP,
  loadBalancerIP,
  type SourceName,
} from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  dropped,
  refused,
  scenario,
  type Destination,
  type Outcome,
  type Probe,
  type Scenario,
} from "./scenario.ts";

const both = ["pod1a", "pod2a"] as const;
const webSlices = endpointSlices({ endpoints: both });
const client = bothFamilies(addressOf("client")).map((address, index) => `${address}/${[32, 128][index]}`);

interface SourceRangeRow {
  readonly name: string;
  readonly ranges: readonly string[];
  readonly balancer: Readonly<Partial<Record<SourceName, Outcome>>>;
}

const rows: readonly SourceRangeRow[] = [
  {
    name: "loadBalancerSourceRanges let in the clients they contain and drop all others",
    ranges: client,
    balancer: { client: answeredBy(both), client2: dropped, pod1b: dropped, node1: dropped },
  },
  {
    name: "loadBalancerSourceRanges let in the node whose address they contain",
    ranges: ["192.0.2.0/24", "2001:db8::/64"],
    balancer: { client: dropped, pod1b: dropped, node1: answeredBy(both, { sees: "node" }) },
  },
  {
    name: "loadBalancerSourceRanges let in pods they contain",
    ranges: ["10.244.0.0/16", "fd00:10:244::/48"],
    balancer: { client: dropped, pod1b: answeredBy(both) },
  },
  {
    name: "several loadBalancerSourceRanges together let in everybody",
    ranges: ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"],
    balancer: { client: answeredBy(both), client2: answeredBy(both), pod1b: answeredBy(both) },
  },
  {
    name: "loadBalancerSourceRanges that contain each other let in what the wider one contains",
    ranges: ["198.51.100.0/24", "198.51.100.10/32", "2001:db8:c::/64", "2001:db8:c::10/128"],
    balancer: { client: answeredBy(both), client2: answeredBy(both), pod1b: dropped },
  },
  {
    name: "a loadBalancerSourceRange of length 0 is no restriction",
    ranges: ["0.0.0.0/0", "198.51.100.10/32", "::/0"],
    balancer: { client: answeredBy(both), client2: answeredBy(both) },
  },
  {
    name: "white space around a loadBalancerSourceRange does not matter",
    ranges: client.map((range) => ` ${range} `),
    balancer: { client: answeredBy(both), client2: dropped },
  },
  {
    name: "leading zeros of a loadBalancerSourceRange are decimal, also in its length",
    ranges: ["198.051.100.010/032", "2001:db8:c::10/0128"],
    balancer: { client: answeredBy(both), client2: dropped },
  },
  {
    name: "a loadBalancerSourceRange that is not valid does not take the others out of force",
    ranges: [...client, "nonsense"],
    balancer: { client: answeredBy(both), client2: dropped },
  },
  {
    name: "loadBalancerSourceRanges of which none is valid are no restriction",
    ranges: ["nonsense", "198.51.100.10"],
    balancer: { client: answeredBy(both), client2: answeredBy(both) },
  },
];

export const sourceRanges: readonly Scenario[] = [
  ...rows.map(({ name, ranges, balancer }) =>
    scenario(name, {
      services: [service({ exposed: true, loadBalancerSourceRanges: ranges })],
      endpointSlices: webSlices,
      probes: entriesOf(balancer).map(([from, expect]) => ({
        from,
        to: at(loadBalancerIP(1), servicePort),
        expect,
      })),
    }),
  ),
  scenario("loadBalancerSourceRanges of one family do not restrict the other", {
    services: [service({ exposed: true, loadBalancerSourceRanges: ["198.51.100.10/32"] })],
    endpointSlices: webSlices,
    probes: [
      { from: "client2", to: at(loadBalancerIP(1), servicePort), expect: dropped, families: ["IPv4"] },
      {
        from: "client2",
        to: at(loadBalancerIP(1), servicePort),
        expect: answeredBy(both),
        families: ["IPv6"],
      },
    ],
  }),
  scenario("loadBalancerSourceRanges restrict nothing but the load balancer's addresses", {
    services: [service({ exposed: true, loadBalancerSourceRanges: client })],
    endpointSlices: webSlices,
    probes: [
      at(clusterIP(1), servicePort),
      at(addressOf("node1"), nodePort),
      at(externalIP(1), servicePort),
    ].map((to: Destination): Probe => ({ from: "client2", to, expect: answeredBy(both) })),
  }),
  scenario("loadBalancerSourceRanges hold together with externalTrafficPolicy Local", {
    services: [service({ exposed: true, loadBalancerSourceRanges: client, externalTrafficPolicy: "Local" })],
    endpointSlices: webSlices,
    probes: [
      {
        from: "client",
        to: at(loadBalancerIP(1), servicePort),
        expect: answeredBy(["pod1a"], { sees: "client" }),
      },
      { from: "client2", to: at(loadBalancerIP(1), servicePort), expect: dropped },
    ],
  }),
  scenario(
    "loadBalancerSourceRanges let in pods and the node to all endpoints with externalTrafficPolicy Local",
    {
      services: [
        service({
          exposed: true,
          loadBalancerSourceRanges: ["10.244.0.0/16", "fd00:10:244::/48", "192.0.2.0/24", "2001:db8::/64"],
          externalTrafficPolicy: "Local",
        }),
      ],
      endpointSlices: endpointSlices({ endpoints: ["pod2a"] }),
      probes: [
        {
          from: "pod1b",
          to: at(loadBalancerIP(1), servicePort),
          expect: answeredBy(["pod2a"], { sees: "client" }),
        },
        {
          from: "node1",
          to: at(loadBalancerIP(1), servicePort),
          expect: answeredBy(["pod2a"], { sees: "node" }),
        },
        { from: "client", to: at(loadBalancerIP(1), servicePort), expect: dropped },
      ],
    },
  ),
  scenario(
    "a load balancer address may be that of the node; loadBalancerSourceRanges do not restrict its nodePort",
    {
      services: [
        service({
          type: "LoadBalancer",
          ingress: bothFamilies(addressOf("node1")).map((ip) => ({ ip })),
          loadBalancerSourceRanges: client,
        }),
      ],
      endpointSlices: webSlices,
      probes: [
        {
          from: "client",
          to: at(addressOf("node1"), servicePort),
          expect: answeredBy(both, { sees: "node" }),
        },
        { from: "client2", to: at(addressOf("node1"), servicePort), expect: dropped },
        { from: "client2", to: at(addressOf("node1"), nodePort), expect: answeredBy(both, { sees: "node" }) },
      ],
    },
  ),
  scenario("loadBalancerSourceRanges drop before the lack of endpoints is told", {
    services: [service({ exposed: true, loadBalancerSourceRanges: client })],
    probes: [
      { from: "client", to: at(loadBalancerIP(1), servicePort), expect: refused },
      { from: "client2", to: at(loadBalancerIP(1), servicePort), expect: dropped },
    ],
  }),
];

function entriesOf(
  balancer: SourceRangeRow["balancer"],
): readonly (readonly [from: SourceName, expect: Outcome])[] {
  const sources: readonly SourceName[] = ["client", "client2", "pod1b", "node1"];
  return sources.flatMap((source) => {
    const outcome = balancer[source];
    return outcome === undefined ? [] : [[source, outcome] as const];
  });
}
