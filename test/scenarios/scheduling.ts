/** How the endpoint of a new connection is chosen. */
import type { SchedulingAlgorithm } from "../../crds/api.ts";
import { addressOf, clusterIP } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "./cluster-objects.ts";
import { answeredBy, at, scenario, type Probe, type Scenario, type Spread, type Step } from "./scenario.ts";

const three = ["pod1a", "pod2a", "pod3a"] as const;
const slices = endpointSlices({ endpoints: three });
const toService = at(clusterIP(1), servicePort);
const toNodePort = at(addressOf("node1"), nodePort);

function probe(from: Probe["from"], spread: Spread, to = toService): Probe {
  return { from, to, expect: answeredBy(three, { spread }) };
}

function stepWith(algorithm: SchedulingAlgorithm, probes: readonly Probe[], name?: string): Step {
  return {
    ...(name === undefined ? {} : { name }),
    config: { scheduling: { algorithm } },
    services: [service({ type: "NodePort" })],
    endpointSlices: slices,
    probes,
  };
}

export const scheduling: readonly Scenario[] = [
  scenario("Random divides connections evenly", stepWith("Random", [probe("pod1b", "even")])),
  scenario("RoundRobin takes endpoints strictly in turn", stepWith("RoundRobin", [probe("pod1b", "turns")])),
  scenario(
    "RoundRobin takes endpoints strictly in turn on a nodePort",
    stepWith("RoundRobin", [probe("client", "turns", toNodePort)]),
  ),
  scenario("RoundRobin of one Service does not depend on the traffic of another", {
    config: { scheduling: { algorithm: "RoundRobin" } },
    services: [service(), service({ name: "other", number: 2 })],
    endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: three })],
    probes: [probe("pod1b", "turns"), probe("pod1b", "turns", at(clusterIP(2), servicePort))],
  }),
  scenario(
    "LeastConnection uses every endpoint",
    stepWith("LeastConnection", [probe("pod1b", "every"), probe("client", "every")]),
  ),
  scenario(
    "SourceHash gives a client the same endpoint every time",
    stepWith("SourceHash", [
      probe("pod1a", "one"),
      probe("pod1b", "one"),
      probe("node1", "one"),
      probe("client", "one"),
      probe("client2", "one"),
    ]),
  ),
  scenario("SourceHash gives a client the same endpoint on every node", {
    config: { scheduling: { algorithm: "SourceHash" } },
    programmed: ["node1", "node2", "node3"],
    services: [service({ type: "NodePort" })],
    endpointSlices: slices,
    probes: [
      {
        from: "client",
        to: toNodePort,
        alsoTo: [at(addressOf("node2"), nodePort), at(addressOf("node3"), nodePort)],
        expect: answeredBy(three, { spread: "one" }),
      },
    ],
  }),
  scenario("Maglev spreads the connections of one client", stepWith("Maglev", [probe("pod1b", "every")])),
  scenario("a rule of the ProxyConfig gives an algorithm to the Services it names", {
    config: {
      services: [{ name: "turns", names: ["default/web"], scheduling: { algorithm: "RoundRobin" } }],
    },
    services: [service(), service({ name: "other", number: 2 })],
    endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: three })],
    probes: [probe("pod1b", "turns"), probe("pod1b", "even", at(clusterIP(2), servicePort))],
  }),
  scenario("a rule of the ProxyConfig gives an algorithm to the Services its serviceSelector selects", {
    config: {
      services: [
        {
          name: "turns",
          serviceSelector: { matchLabels: { turns: "yes" } },
          scheduling: { algorithm: "RoundRobin" },
        },
      ],
    },
    services: [service({ labels: { turns: "yes" } }), service({ name: "other", number: 2 })],
    endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: three })],
    probes: [probe("pod1b", "turns"), probe("pod1b", "even", at(clusterIP(2), servicePort))],
  }),
  {
    name: "the algorithm changes while the Service is in use",
    steps: [
      stepWith("Random", [probe("pod1b", "every")]),
      stepWith("RoundRobin", [probe("pod1b", "turns")], "Random becomes RoundRobin"),
      stepWith("SourceHash", [probe("pod1b", "one")], "RoundRobin becomes SourceHash"),
      stepWith("Maglev", [probe("pod1b", "every")], "SourceHash becomes Maglev"),
      stepWith("Random", [probe("pod1b", "even")], "Maglev becomes Random"),
    ],
  },
  {
    name: "RoundRobin goes on in turn when endpoints come and go",
    steps: [
      stepWith("RoundRobin", [probe("pod1b", "turns")]),
      {
        ...stepWith("RoundRobin", [
          { from: "pod1b", to: toService, expect: answeredBy(["pod1a", "pod3a"], { spread: "turns" }) },
        ]),
        name: "an endpoint is removed",
        endpointSlices: endpointSlices({ endpoints: ["pod1a", "pod3a"] }),
      },
      { ...stepWith("RoundRobin", [probe("pod1b", "turns")]), name: "it is back" },
    ],
  },
];
