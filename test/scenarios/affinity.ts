/** sessionAffinity: a client keeps the endpoint it has met first. */
import { addressOf, clusterIP, loadBalancerIP, podNames, type SourceName } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort, type ServiceFacts } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  scenario,
  type Destination,
  type Probe,
  type Scenario,
  type Spread,
} from "./scenario.ts";
import { affinityByPolicy } from "./affinity-by-policy.ts";

const clientIP: ServiceFacts = { sessionAffinity: "ClientIP" };
const three = ["pod1a", "pod2a", "pod3a"] as const;
const slices = endpointSlices({ endpoints: three });
const toService = at(clusterIP(1), servicePort);

function fromAll(sources: readonly SourceName[], to: Destination, spread: Spread): readonly Probe[] {
  return sources.map((from) => ({ from, to, expect: answeredBy(three, { spread }) }));
}

function withTimeout(timeoutSeconds: number): ServiceFacts {
  return { ...clientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}

const sticks: readonly Scenario[] = [
  scenario("sessionAffinity ClientIP keeps each client at one endpoint of a clusterIP", {
    services: [service(clientIP)],
    endpointSlices: slices,
    probes: fromAll(["pod1b", "pod1a", "node1", "client", "client2"], toService, "one"),
  }),
  scenario("sessionAffinity ClientIP holds on a nodePort", {
    services: [service({ type: "NodePort", ...clientIP })],
    endpointSlices: slices,
    probes: fromAll(["pod1b", "node1", "client", "client2"], at(addressOf("node1"), nodePort), "one"),
  }),
  scenario("sessionAffinity ClientIP holds on a load balancer's address", {
    services: [service({ exposed: true, ...clientIP })],
    endpointSlices: slices,
    probes: fromAll(["pod1b", "node1", "client", "client2"], at(loadBalancerIP(1), servicePort), "one"),
  }),
  scenario("sessionAffinity ClientIP holds for UDP", {
    services: [service({ ports: [{ protocol: "UDP", port: servicePort }], ...clientIP })],
    endpointSlices: endpointSlices({
      endpoints: three,
      ports: [{ name: "", protocol: "UDP", port: 8080 }],
    }),
    probes: fromAll(["pod1b", "node1", "client"], at(clusterIP(1), servicePort, "UDP"), "one"),
  }),
  scenario(
    "sessionAffinity ClientIP holds among the endpoints of the node with externalTrafficPolicy Local",
    {
      services: [service({ exposed: true, externalTrafficPolicy: "Local", ...clientIP })],
      endpointSlices: endpointSlices({ endpoints: ["pod1a", "pod1b", "pod2a"] }),
      probes: (["client", "client2"] as const).map((from) => ({
        from,
        to: at(loadBalancerIP(1), servicePort),
        expect: answeredBy(["pod1a", "pod1b"], { spread: "one", sees: "client" }),
      })),
    },
  ),
  scenario("sessionAffinity ClientIP holds for endpoints with hostNetwork", {
    services: [service(clientIP)],
    endpointSlices: endpointSlices({ endpoints: ["node1", "node2", "node3"] }),
    probes: (["pod1b", "client"] as const).map((from) => ({
      from,
      to: toService,
      expect: answeredBy(["node1", "node2", "node3"], { spread: "one" }),
    })),
  }),
];

const settings: readonly Scenario[] = [
  scenario("sessionAffinity ClientIP in the ProxyConfig holds for Services that ask for none", {
    config: { sessionAffinity: { type: "ClientIP", clientIP: { timeoutSeconds: 60 } } },
    services: [service()],
    endpointSlices: slices,
    probes: fromAll(["pod1b", "client"], toService, "one"),
  }),
  scenario("sessionAffinity None in the ProxyConfig overrides a Service that asks for it", {
    config: { sessionAffinity: { type: "None" } },
    services: [service(clientIP)],
    endpointSlices: slices,
    probes: fromAll(["pod1b"], toService, "every"),
  }),
  scenario("a rule of the ProxyConfig gives sessionAffinity to the Services it names", {
    config: {
      services: [
        {
          name: "sticky",
          names: ["default/web"],
          sessionAffinity: { type: "ClientIP", clientIP: { timeoutSeconds: 60 } },
        },
      ],
    },
    services: [service(), service({ name: "other", number: 2 })],
    endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: three })],
    probes: [
      ...fromAll(["pod1b"], toService, "one"),
      ...fromAll(["pod1b"], at(clusterIP(2), servicePort), "every"),
    ],
  }),
];

function fromPodAndClient(expect: Probe["expect"]): readonly Probe[] {
  return (["pod1b", "client"] as const).map((from) => ({ from, to: toService, expect }));
}

const letsGo: readonly Scenario[] = [
  {
    name: "sessionAffinity ClientIP outlives new endpoints and ends with the endpoint",
    steps: [
      {
        services: [service(clientIP)],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: fromPodAndClient(answeredBy(["pod1a"])),
      },
      {
        name: "two endpoints are added",
        services: [service(clientIP)],
        endpointSlices: slices,
        probes: fromPodAndClient(answeredBy(["pod1a"])),
      },
      {
        name: "the endpoint that clients stick to is gone",
        services: [service(clientIP)],
        endpointSlices: endpointSlices({ endpoints: ["pod2a", "pod3a"] }),
        probes: fromPodAndClient(answeredBy(["pod2a", "pod3a"], { spread: "one" })),
      },
    ],
  },
  {
    name: "sessionAffinity ClientIP ends when the endpoint is no longer ready",
    steps: [
      {
        services: [service(clientIP)],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: fromPodAndClient(answeredBy(["pod1a"])),
      },
      {
        name: "another endpoint is ready, the first is not",
        services: [service(clientIP)],
        endpointSlices: endpointSlices({ endpoints: [{ of: "pod1a", ready: false }, "pod2a"] }),
        probes: fromPodAndClient(answeredBy(["pod2a"])),
      },
    ],
  },
  {
    name: "sessionAffinity is switched on and off while it is in use",
    steps: [
      {
        services: [service()],
        endpointSlices: slices,
        probes: fromAll(["pod1b"], toService, "every"),
      },
      {
        name: "sessionAffinity becomes ClientIP",
        services: [service(clientIP)],
        endpointSlices: slices,
        probes: fromAll(["pod1b", "client"], toService, "one"),
      },
      {
        name: "sessionAffinity becomes None",
        services: [service()],
        endpointSlices: slices,
        probes: fromAll(["pod1b", "client"], toService, "every"),
      },
    ],
  },
  {
    name: "sessionAffinity ClientIP is kept when only its timeout changes",
    steps: [
      {
        services: [service(withTimeout(600))],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: fromPodAndClient(answeredBy(["pod1a"])),
      },
      {
        name: "the timeout changes and two endpoints are added",
        services: [service(withTimeout(900))],
        endpointSlices: slices,
        probes: fromPodAndClient(answeredBy(["pod1a"])),
      },
    ],
  },
  scenario("sessionAffinity ClientIP ends after timeoutSeconds without a new connection", {
    services: [service(withTimeout(1))],
    endpointSlices: endpointSlices({ endpoints: podNames }),
    probes: [
      {
        from: "client",
        to: toService,
        count: 9,
        intervalMs: 1_400,
        expect: answeredBy(podNames, { spread: "several" }),
      },
    ],
  }),
  scenario("each new connection starts the timeout of sessionAffinity again", {
    services: [service(withTimeout(2))],
    endpointSlices: endpointSlices({ endpoints: podNames }),
    probes: [
      {
        from: "client",
        to: toService,
        count: 7,
        intervalMs: 700,
        expect: answeredBy(podNames, { spread: "one" }),
      },
    ],
  }),
];

export const affinity: readonly Scenario[] = [...sticks, ...settings, ...letsGo, ...affinityByPolicy];
