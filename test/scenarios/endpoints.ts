/** Which endpoints of a Service are used. */
import { addressOf, clusterIP, loadBalancerIP } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort, type SliceFacts } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  dropped,
  scenario,
  type NodeFacts,
  type Outcome,
  type Scenario,
} from "./scenario.ts";
import { hairpins } from "./hairpins.ts";

const toService = at(clusterIP(1), servicePort);

interface ChoiceRow {
  readonly name: string;
  readonly endpoints: SliceFacts["endpoints"];
  readonly node?: NodeFacts;
  readonly expect: Outcome;
}

const terminating = { ready: false, serving: true, terminating: true } as const;
const inZoneA = { zoneHint: "zone-a" } as const;
const inZoneB = { zoneHint: "zone-b" } as const;

/** Seen by a pod of node1, which is in zone-a, through a clusterIP with policy Cluster. */
const choices: readonly ChoiceRow[] = [
  {
    name: "an endpoint that is not ready gets nothing",
    endpoints: ["pod1a", "pod2a", { of: "pod3a", ready: false }],
    expect: answeredBy(["pod1a", "pod2a"]),
  },
  {
    name: "a terminating endpoint gets nothing while another is ready",
    endpoints: ["pod2a", { of: "pod1a", ...terminating }],
    expect: answeredBy(["pod2a"]),
  },
  {
    name: "where none is ready, terminating endpoints that still serve are used",
    endpoints: [
      { of: "pod1a", ...terminating },
      { of: "pod2a", ...terminating },
      { of: "pod3a", ready: false },
    ],
    expect: answeredBy(["pod1a", "pod2a"]),
  },
  {
    name: "terminating endpoints are used whatever their hints",
    endpoints: [
      { of: "pod1a", ...terminating, ...inZoneA },
      { of: "pod3a", ...terminating, ...inZoneB },
    ],
    expect: answeredBy(["pod1a", "pod3a"]),
  },
  {
    name: "zone hints keep traffic in the node's zone",
    endpoints: [
      { of: "pod1a", ...inZoneA },
      { of: "pod2a", ...inZoneA },
      { of: "pod3a", ...inZoneB },
    ],
    expect: answeredBy(["pod1a", "pod2a"]),
  },
  {
    name: "zone hints are ignored when one ready endpoint has none",
    endpoints: [{ of: "pod1a", ...inZoneA }, { of: "pod2a", ...inZoneA }, "pod3a"],
    expect: answeredBy(["pod1a", "pod2a", "pod3a"]),
  },
  {
    name: "zone hints are ignored when none is for the node's zone",
    endpoints: [
      { of: "pod1a", ...inZoneB },
      { of: "pod3a", ...inZoneB },
    ],
    expect: answeredBy(["pod1a", "pod3a"]),
  },
  {
    name: "zone hints are ignored on a node without a zone",
    node: { withoutZone: true },
    endpoints: [
      { of: "pod1a", ...inZoneA },
      { of: "pod3a", ...inZoneB },
    ],
    expect: answeredBy(["pod1a", "pod3a"]),
  },
  {
    name: "an endpoint that is not ready needs no hint",
    endpoints: [
      { of: "pod1a", ...inZoneA },
      { of: "pod3a", ...inZoneB },
      { of: "pod2a", ready: false },
    ],
    expect: answeredBy(["pod1a"]),
  },
  {
    name: "node hints keep traffic on the node",
    endpoints: [
      { of: "pod1a", nodeHint: "node1", ...inZoneA },
      { of: "pod2a", nodeHint: "node2", ...inZoneA },
      { of: "pod3a", nodeHint: "node3", ...inZoneB },
    ],
    expect: answeredBy(["pod1a"]),
  },
  {
    name: "without a node hint for the node its zone is next",
    endpoints: [
      { of: "pod2a", nodeHint: "node2", ...inZoneA },
      { of: "pod3a", nodeHint: "node3", ...inZoneB },
    ],
    expect: answeredBy(["pod2a"]),
  },
  {
    name: "when one ready endpoint has no node hint, zone hints decide",
    endpoints: [
      { of: "pod1a", nodeHint: "node1", ...inZoneA },
      { of: "pod2a", ...inZoneA },
      { of: "pod3a", nodeHint: "node3", ...inZoneB },
    ],
    expect: answeredBy(["pod1a", "pod2a"]),
  },
];

const toBalancer = at(loadBalancerIP(1), servicePort);
const toNodePort = at(addressOf("node1"), nodePort);

const policies: readonly Scenario[] = [
  scenario("with externalTrafficPolicy Local hints hold for pods, which may use all endpoints", {
    services: [service({ exposed: true, externalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({
      endpoints: [
        { of: "pod1a", ...inZoneB },
        { of: "pod2a", ...inZoneA },
      ],
    }),
    probes: [
      { from: "pod1b", to: toBalancer, expect: answeredBy(["pod2a"], { sees: "client" }) },
      { from: "client", to: toBalancer, expect: answeredBy(["pod1a"], { sees: "client" }) },
    ],
  }),
  scenario("policy Local drops where the only endpoint terminates elsewhere; pods and the node use it", {
    services: [service({ exposed: true, externalTrafficPolicy: "Local", internalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({ endpoints: [{ of: "pod2a", ...terminating }] }),
    probes: [
      { from: "client", to: toBalancer, expect: dropped },
      { from: "pod1b", to: toService, expect: dropped },
      { from: "pod1b", to: toBalancer, expect: answeredBy(["pod2a"], { sees: "client" }) },
      { from: "node1", to: toNodePort, expect: answeredBy(["pod2a"], { sees: "node" }) },
    ],
  }),
  scenario("policy Local ignores hints", {
    services: [service({ internalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({
      endpoints: [
        { of: "pod1a", ...inZoneB },
        { of: "pod2a", ...inZoneA },
      ],
    }),
    probes: [{ from: "pod1b", to: toService, expect: answeredBy(["pod1a"]) }],
  }),
  scenario("policy Local falls back to its own terminating endpoints while policy Cluster uses ready ones", {
    services: [service({ exposed: true, internalTrafficPolicy: "Local", externalTrafficPolicy: "Cluster" })],
    endpointSlices: endpointSlices({ endpoints: ["pod2a", { of: "pod1a", ...terminating }] }),
    probes: [
      { from: "pod1b", to: toService, expect: answeredBy(["pod1a"]) },
      { from: "client", to: at(loadBalancerIP(1), servicePort), expect: answeredBy(["pod2a"]) },
    ],
  }),
  scenario("externalTrafficPolicy Local falls back to terminating endpoints of the node", {
    services: [service({ exposed: true, externalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({
      endpoints: [
        { of: "pod1a", ...terminating },
        { of: "pod2a", ...terminating },
      ],
    }),
    probes: [
      {
        from: "client",
        to: at(loadBalancerIP(1), servicePort),
        expect: answeredBy(["pod1a"], { sees: "client" }),
      },
    ],
  }),
  scenario("policy Local without a ready endpoint here drops, even where one here is not ready", {
    services: [service({ internalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({ endpoints: ["pod2a", { of: "pod1a", ready: false }] }),
    probes: [{ from: "pod1b", to: toService, expect: dropped }],
  }),
];

const slices: readonly Scenario[] = [
  scenario("the endpoints of all slices of a Service are used", {
    services: [service()],
    endpointSlices: [
      ...endpointSlices({ endpoints: ["pod1a"] }),
      ...endpointSlices({ number: 2, endpoints: ["pod2a"] }),
      ...endpointSlices({ number: 3, endpoints: ["pod3a"] }),
    ],
    probes: [{ from: "pod1b", to: toService, expect: answeredBy(["pod1a", "pod2a", "pod3a"]) }],
  }),
  scenario("an endpoint that is in two slices gets no more than any other", {
    services: [service()],
    endpointSlices: [
      ...endpointSlices({ endpoints: ["pod1a", "pod2a"] }),
      ...endpointSlices({ number: 2, endpoints: ["pod1a"] }),
    ],
    probes: [{ from: "pod1b", to: toService, expect: answeredBy(["pod1a", "pod2a"], { spread: "even" }) }],
  }),
  scenario("of two copies of an endpoint the one that is not terminating counts", {
    services: [service()],
    endpointSlices: [
      ...endpointSlices({ endpoints: [{ of: "pod1a", ...terminating }, "pod2a"] }),
      ...endpointSlices({ number: 2, endpoints: ["pod1a"] }),
    ],
    probes: [{ from: "pod1b", to: toService, expect: answeredBy(["pod1a", "pod2a"]) }],
  }),
  scenario("endpoints with hostNetwork are reached on their node's address", {
    services: [service({ type: "NodePort" })],
    endpointSlices: endpointSlices({ endpoints: ["node1", "node2"] }),
    probes: [
      { from: "pod1b", to: toService, expect: answeredBy(["node1", "node2"], { sees: "client" }) },
      { from: "node1", to: toService, expect: answeredBy(["node1", "node2"], { sees: "node" }) },
      { from: "client", to: toNodePort, expect: answeredBy(["node1", "node2"]) },
    ],
  }),
  scenario("externalTrafficPolicy Local holds for endpoints with hostNetwork", {
    services: [service({ exposed: true, externalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({ endpoints: ["node1", "node2"] }),
    probes: [
      { from: "client", to: toBalancer, expect: answeredBy(["node1"], { sees: "client" }) },
      { from: "client", to: toNodePort, expect: answeredBy(["node1"], { sees: "client" }) },
      { from: "pod1b", to: toBalancer, expect: answeredBy(["node1", "node2"], { sees: "client" }) },
      { from: "node1", to: toBalancer, expect: answeredBy(["node1", "node2"], { sees: "node" }) },
    ],
  }),
  scenario("sessionAffinity ClientIP holds for endpoints with hostNetwork on a nodePort", {
    services: [service({ exposed: true, sessionAffinity: "ClientIP" })],
    endpointSlices: endpointSlices({ endpoints: ["node1", "node2"] }),
    probes: [
      { from: "client", to: toNodePort, expect: answeredBy(["node1", "node2"], { spread: "one" }) },
      { from: "node1", to: toNodePort, expect: answeredBy(["node1", "node2"], { spread: "one" }) },
      { from: "node1", to: toService, expect: answeredBy(["node1", "node2"], { spread: "one" }) },
    ],
  }),
];

export const endpoints: readonly Scenario[] = [
  ...choices.map(({ name, endpoints, node = {}, expect }) =>
    scenario(name, {
      node,
      services: [service()],
      endpointSlices: endpointSlices({ endpoints }),
      probes: [{ from: "pod1b", to: toService, expect }],
    }),
  ),
  ...policies,
  ...slices,
  ...hairpins,
];
