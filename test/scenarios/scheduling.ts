/** How the endpoint of a new connection is chosen. */
import type { SchedulingAlgorithm } from "../../crds/api.ts";
import { addressOf, clusterIP, podNames, type PodName } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  scenario,
  type Probe,
  type Scenario,
  type Shares,
  type Spread,
  type Step,
} from "./scenario.ts";

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

/** Some endpoints with these weights; undefined is without one. */
function weighted(
  algorithm: SchedulingAlgorithm,
  weights: { readonly [Backend in PodName]?: number | undefined },
  probes: readonly Probe[],
): Step {
  const endpoints = podNames.flatMap((of) => {
    if (!Object.hasOwn(weights, of)) return [];
    const weight = weights[of];
    return [weight === undefined ? { of } : { of, weight }];
  });
  return { ...stepWith(algorithm, probes), endpointSlices: endpointSlices({ endpoints }) };
}

/** Requests that these backends answer in these proportions. */
function divided(from: Probe["from"], spread: Spread, shares: Shares, to = toService): Probe {
  const by = podNames.filter((name) => shares[name] !== undefined);
  return { from, to, expect: answeredBy(by, { spread, shares }) };
}

/** A slow start of nine seconds, at one moment. */
function slowStart(clockMs: number, shares: Shares): Step {
  return {
    config: { scheduling: { algorithm: "RoundRobin", slowStartSeconds: 9 } },
    clockMs,
    services: [service()],
    endpointSlices: endpointSlices({ endpoints: podNames.filter((name) => shares[name] !== undefined) }),
    probes: [divided("pod1b", "turns", shares)],
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
  scenario(
    "weights divide connections in proportion",
    weighted("Random", { pod1a: 75, pod2a: 25 }, [
      divided("pod1b", "even", { pod1a: 75, pod2a: 25 }),
      divided("client", "even", { pod1a: 75, pod2a: 25 }, toNodePort),
    ]),
  ),
  scenario(
    "an endpoint without a weight weighs 1",
    weighted("Random", { pod1a: 3, pod2a: undefined, pod3a: undefined }, [
      divided("pod1b", "even", { pod1a: 3, pod2a: 1, pod3a: 1 }),
    ]),
  ),
  scenario(
    "RoundRobin with weights gives each endpoint its number of turns in each cycle",
    weighted("RoundRobin", { pod1a: 5, pod2a: 1, pod3a: 2 }, [
      divided("pod1b", "turns", { pod1a: 5, pod2a: 1, pod3a: 2 }),
    ]),
  ),
  scenario("weights count among the endpoints of the node with internalTrafficPolicy Local", {
    ...weighted("RoundRobin", { pod1a: 4, pod1b: 2, pod2a: 9 }, [
      divided("pod1b", "turns", { pod1a: 2, pod1b: 1 }),
    ]),
    services: [service({ internalTrafficPolicy: "Local" })],
  }),
  ...(["Random", "RoundRobin", "SourceHash", "Maglev"] as const).map((algorithm) =>
    scenario(
      `an endpoint of weight 0 gets no new connections with ${algorithm}`,
      weighted(algorithm, { pod1a: 0, pod2a: 0, pod3a: 7 }, [divided("pod1b", "every", { pod3a: 1 })]),
    ),
  ),
  scenario(
    "when all weights are 0 all endpoints are used",
    weighted("Random", { pod1a: 0, pod2a: 0 }, [divided("pod1b", "even", { pod1a: 1, pod2a: 1 })]),
  ),
  {
    name: "weights change while the Service is in use",
    steps: [
      weighted("RoundRobin", { pod1a: 1, pod2a: 1 }, [divided("pod1b", "turns", { pod1a: 1, pod2a: 1 })]),
      {
        ...weighted("RoundRobin", { pod1a: 3, pod2a: 2 }, [
          divided("pod1b", "turns", { pod1a: 3, pod2a: 2 }),
        ]),
        name: "both are heavier",
      },
      {
        ...weighted("RoundRobin", { pod1a: 0, pod2a: 2 }, [divided("pod1b", "turns", { pod2a: 1 })]),
        name: "one shall be emptied",
      },
    ],
  },
  {
    name: "LeastConnection prefers endpoints with fewer connections",
    steps: [
      stepWith("LeastConnection", [probe("pod1b", "even")]),
      {
        ...stepWith("LeastConnection", [divided("pod1b", "even", { pod2a: 1, pod3a: 1 })]),
        name: "one endpoint holds many",
        connections: { pod1a: 500 },
      },
      {
        ...stepWith("LeastConnection", [divided("pod1b", "even", { pod1a: 6, pod2a: 16, pod3a: 16 })]),
        name: "it still holds some more than the others",
        connections: { pod1a: 150, pod2a: 75, pod3a: 75 },
      },
      {
        ...stepWith("LeastConnection", [probe("pod1b", "even")]),
        name: "all hold the same",
        connections: { pod1a: 100, pod2a: 100, pod3a: 100 },
      },
    ],
  },
  {
    name: "with slow start a new endpoint grows to its whole share",
    steps: [
      slowStart(0, { pod1a: 1, pod2a: 1 }),
      { ...slowStart(1_000, { pod1a: 10, pod2a: 10, pod3a: 1 }), name: "an endpoint comes" },
      { ...slowStart(5_500, { pod1a: 10, pod2a: 10, pod3a: 5 }), name: "half of the time has passed" },
      { ...slowStart(10_000, { pod1a: 1, pod2a: 1, pod3a: 1 }), name: "all of the time has passed" },
    ],
  },
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
