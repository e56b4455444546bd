/** Which backends answer and whose address they see, for every kind of client, destination, policy and setting. */
import type { NodeProxyConfig } from "../../crds/api.ts";
import { addressOf, clusterIP, externalIP, loadBalancerIP, type SourceName } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort, type TrafficPolicy } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  dropped,
  scenario,
  type Destination,
  type NodeFacts,
  type Outcome,
  type Probe,
  type Scenario,
} from "./scenario.ts";

type Client = "pod" | "node" | "outside";
type To = "clusterIP" | "external";
type Row = readonly [from: Client, to: To, expect: Outcome];

/** A pod of node1, node1 itself, and two that are neither: a machine elsewhere and a pod of another node. */
const sources: Readonly<Record<Client, readonly SourceName[]>> = {
  pod: ["pod1b"],
  node: ["node1"],
  outside: ["client", "pod2b"],
};

const everywhere = ["pod1a", "pod2a"] as const;
const here = ["pod1a"] as const;
const elsewhere = ["pod2a"] as const;

interface Table {
  readonly policy: TrafficPolicy;
  readonly endpoints: typeof everywhere | typeof here | typeof elsewhere;
  readonly rows: readonly Row[];
}

interface Setting {
  readonly name: string;
  readonly config?: Partial<NodeProxyConfig>;
  readonly node?: NodeFacts;
  readonly tables: readonly Table[];
}

const keepsSource = { sees: "client" } as const;
const masqueraded = { sees: "node" } as const;

/** External destinations behave alike in every setting that recognises pods. */
const policyClusterExternal: readonly Row[] = [
  ["pod", "external", answeredBy(everywhere, masqueraded)],
  ["node", "external", answeredBy(everywhere, masqueraded)],
  ["outside", "external", answeredBy(everywhere, masqueraded)],
];
const policyLocalExternal: readonly Row[] = [
  ["pod", "external", answeredBy(everywhere, keepsSource)],
  ["node", "external", answeredBy(everywhere, masqueraded)],
  ["outside", "external", answeredBy(here, keepsSource)],
];
const nothingLocalExternal: readonly Row[] = [
  ["pod", "external", answeredBy(elsewhere, keepsSource)],
  ["node", "external", answeredBy(elsewhere, masqueraded)],
  ["outside", "external", dropped],
];
const nothingLocalClusterIP: readonly Row[] = [
  ["pod", "clusterIP", dropped],
  ["node", "clusterIP", dropped],
  ["outside", "clusterIP", dropped],
];

const podsRecognised: readonly Table[] = [
  {
    policy: "Cluster",
    endpoints: everywhere,
    rows: [
      ["pod", "clusterIP", answeredBy(everywhere, keepsSource)],
      ["node", "clusterIP", answeredBy(everywhere, masqueraded)],
      ["outside", "clusterIP", answeredBy(everywhere, masqueraded)],
      ...policyClusterExternal,
    ],
  },
  {
    policy: "Local",
    endpoints: everywhere,
    rows: [
      ["pod", "clusterIP", answeredBy(here, keepsSource)],
      ["node", "clusterIP", answeredBy(here, masqueraded)],
      ["outside", "clusterIP", answeredBy(here, masqueraded)],
      ...policyLocalExternal,
    ],
  },
  { policy: "Local", endpoints: elsewhere, rows: [...nothingLocalClusterIP, ...nothingLocalExternal] },
];

const settings: readonly Setting[] = [
  {
    name: "by default",
    tables: podsRecognised,
  },
  {
    // The links to the pods of node1 are named after them.
    name: "where pods are told by the prefix of their interfaces",
    config: { localTraffic: { detect: "InterfaceNamePrefix", interface: "pod" } },
    tables: podsRecognised,
  },
  {
    name: "where pods are told by one interface",
    config: { localTraffic: { detect: "BridgeInterface", interface: "pod1b" } },
    tables: podsRecognised,
  },
  {
    name: "with masqueradeAll",
    config: { masqueradeAll: true },
    tables: [
      {
        policy: "Cluster",
        endpoints: everywhere,
        rows: [
          ["pod", "clusterIP", answeredBy(everywhere, masqueraded)],
          ["node", "clusterIP", answeredBy(everywhere, masqueraded)],
          ["outside", "clusterIP", answeredBy(everywhere, masqueraded)],
          ...policyClusterExternal,
        ],
      },
      {
        policy: "Local",
        endpoints: everywhere,
        rows: [
          ["pod", "clusterIP", answeredBy(here, masqueraded)],
          ["node", "clusterIP", answeredBy(here, masqueraded)],
          ["outside", "clusterIP", answeredBy(here, masqueraded)],
          ...policyLocalExternal,
        ],
      },
      { policy: "Local", endpoints: elsewhere, rows: [...nothingLocalClusterIP, ...nothingLocalExternal] },
    ],
  },
  {
    // The node's own address is seen either way. From the outside only local backends can answer: the replies of
    // others do not pass the node that translated the request.
    name: "where pods are not recognised",
    node: { withoutPodCIDRs: true },
    tables: [
      {
        policy: "Cluster",
        endpoints: everywhere,
        rows: [
          ["pod", "clusterIP", answeredBy(everywhere, keepsSource)],
          ["node", "clusterIP", answeredBy(everywhere, masqueraded)],
          ...policyClusterExternal,
        ],
      },
      {
        policy: "Cluster",
        endpoints: here,
        rows: [["outside", "clusterIP", answeredBy(here, keepsSource)]],
      },
      {
        policy: "Local",
        endpoints: everywhere,
        rows: [
          ["pod", "clusterIP", answeredBy(here, keepsSource)],
          ["node", "clusterIP", answeredBy(here, masqueraded)],
          ["outside", "clusterIP", answeredBy(here, keepsSource)],
          ["pod", "external", answeredBy(here, keepsSource)],
          ["node", "external", answeredBy(everywhere, masqueraded)],
          ["outside", "external", answeredBy(here, keepsSource)],
        ],
      },
      {
        policy: "Local",
        endpoints: elsewhere,
        rows: [
          ...nothingLocalClusterIP,
          ["pod", "external", dropped],
          ["node", "external", answeredBy(elsewhere, masqueraded)],
          ["outside", "external", dropped],
        ],
      },
    ],
  },
  {
    name: "with masqueradeAll where pods are not recognised",
    config: { masqueradeAll: true },
    node: { withoutPodCIDRs: true },
    tables: [
      {
        policy: "Cluster",
        endpoints: everywhere,
        rows: [
          ["pod", "clusterIP", answeredBy(everywhere, masqueraded)],
          ["node", "clusterIP", answeredBy(everywhere, masqueraded)],
          ["outside", "clusterIP", answeredBy(everywhere, masqueraded)],
          ...policyClusterExternal,
        ],
      },
      {
        policy: "Local",
        endpoints: everywhere,
        rows: [
          ["pod", "clusterIP", answeredBy(here, masqueraded)],
          ["node", "clusterIP", answeredBy(here, masqueraded)],
          ["outside", "clusterIP", answeredBy(here, masqueraded)],
          ["pod", "external", answeredBy(here, keepsSource)],
          ["node", "external", answeredBy(everywhere, masqueraded)],
          ["outside", "external", answeredBy(here, keepsSource)],
        ],
      },
    ],
  },
];

const places = new Map<Table["endpoints"], string>([
  [everywhere, "here and elsewhere"],
  [here, "here only"],
  [elsewhere, "elsewhere only"],
]);

export const decisionTable: readonly Scenario[] = settings.flatMap(
  ({ name, config = {}, node = {}, tables }) =>
    tables.flatMap(({ policy, endpoints, rows }) =>
      (["TCP", "UDP"] as const).map((protocol) =>
        scenario(`${protocol} with policy ${policy} and endpoints ${places.get(endpoints)}, ${name}`, {
          config,
          node,
          services: [
            service({
              exposed: true,
              internalTrafficPolicy: policy,
              externalTrafficPolicy: policy,
              ports: [{ protocol, port: servicePort, nodePort }],
            }),
          ],
          endpointSlices: endpointSlices({ endpoints, ports: [{ name: "", protocol, port: 8080 }] }),
          probes: rows.flatMap((row) => probesOf(row, protocol)),
        }),
      ),
    ),
);

function probesOf([client, to, expect]: Row, protocol: "TCP" | "UDP"): readonly Probe[] {
  const destinations: Readonly<Record<To, readonly Destination[]>> = {
    clusterIP: [at(clusterIP(1), servicePort, protocol)],
    external: [
      at(addressOf("node1"), nodePort, protocol),
      at(loadBalancerIP(1), servicePort, protocol),
      at(externalIP(1), servicePort, protocol),
    ],
  };
  return sources[client].flatMap((from) => destinations[to].map((to) => ({ from, to, expect })));
}
