/** What clients experience where nobody can answer. */
import { addressOf, clusterIP, externalIP, loadBalancerIP, type SourceName } from "./addresses.ts";
import {
  endpointSlices,
  nodePort,
  service,
  servicePort,
  type ServiceFacts,
  type SliceFacts,
} from "./cluster-objects.ts";
import { at, dropped, refused, scenario, type Destination, type Probe, type Scenario } from "./scenario.ts";

type Protocol = "TCP" | "UDP";

const everySource: readonly SourceName[] = ["pod1b", "node1", "client"];

function fromEverySource(to: readonly Destination[], expect: Probe["expect"]): readonly Probe[] {
  return everySource.flatMap((from) => to.map((to) => ({ from, to, expect })));
}

function everyAddress(protocol: Protocol): readonly Destination[] {
  return [
    at(clusterIP(1), servicePort, protocol),
    at(addressOf("node1"), nodePort, protocol),
    at(loadBalancerIP(1), servicePort, protocol),
    at(externalIP(1), servicePort, protocol),
  ];
}

function exposed(protocol: Protocol, facts: ServiceFacts = {}) {
  return service({ exposed: true, ports: [{ protocol, port: servicePort, nodePort }], ...facts });
}

const rejections: readonly {
  readonly name: string;
  readonly service?: ServiceFacts;
  readonly endpoints?: SliceFacts["endpoints"];
}[] = [
  { name: "without EndpointSlices a Service is refused on every address" },
  { name: "with empty EndpointSlices a Service is refused on every address", endpoints: [] },
  {
    name: "endpoints that are not ready are as good as none",
    endpoints: [
      { of: "pod1a", ready: false },
      { of: "pod2a", ready: false },
    ],
  },
  {
    name: "terminating endpoints that no longer serve are as good as none",
    endpoints: [{ of: "pod1a", ready: false, serving: false, terminating: true }],
  },
  {
    name: "with policy Local and no endpoint anywhere a Service is refused, not dropped",
    service: { internalTrafficPolicy: "Local", externalTrafficPolicy: "Local" },
    endpoints: [],
  },
];

export const noEndpoints: readonly Scenario[] = [
  ...rejections.flatMap(({ name, service: facts, endpoints }) =>
    (["TCP", "UDP"] as const).map((protocol) =>
      scenario(`${name} (${protocol})`, {
        services: [exposed(protocol, facts)],
        endpointSlices:
          endpoints === undefined
            ? []
            : endpointSlices({ endpoints, ports: [{ name: "", protocol, port: 8080 }] }),
        probes: fromEverySource(everyAddress(protocol), refused),
      }),
    ),
  ),
  scenario("a port that a Service does not have is refused on its clusterIP", {
    services: [service()],
    endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
    probes: fromEverySource([at(clusterIP(1), 81), at(clusterIP(1), servicePort, "UDP")], refused),
  }),
  scenario("an address of the service range that no Service has is dropped", {
    services: [service()],
    endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
    probes: fromEverySource([at(clusterIP(77), servicePort), at(clusterIP(77), servicePort, "UDP")], dropped),
  }),
  scenario("the slices of another Service do not help", {
    services: [service({ name: "web", number: 1 }), service({ name: "other", number: 2 })],
    endpointSlices: endpointSlices({ service: "other", endpoints: ["pod1a"] }),
    probes: fromEverySource([at(clusterIP(1), servicePort)], refused),
  }),
];
