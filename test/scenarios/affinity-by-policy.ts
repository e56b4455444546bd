/** sessionAffinity together with traffic policies: nobody is sent where the policy does not allow. */
import { addressOf, clusterIP, loadBalancerIP, type SourceName } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort, type ServiceFacts } from "./cluster-objects.ts";
import { answeredBy, at, type Destination, type Probe, type Scenario } from "./scenario.ts";

const toService = at(clusterIP(1), servicePort);
const slices = endpointSlices({ endpoints: ["pod1a", "pod2a", "pod3a"] });
const toLoadBalancer = at(loadBalancerIP(1), servicePort);
const toNodePort = at(addressOf("node1"), nodePort);
const cluster: ServiceFacts = { exposed: true, sessionAffinity: "ClientIP" };
const local: ServiceFacts = { ...cluster, externalTrafficPolicy: "Local" };
const terminating = { ready: false, serving: true, terminating: true } as const;
const leaving = endpointSlices({ endpoints: [{ of: "pod1a", ...terminating }, "pod2a"] });

/** One who passes by each scope, and the node, which is masqueraded. */
const everyone = ["pod1b", "node1", "client"] as const;

function each(
  sources: readonly SourceName[],
  destinations: readonly Destination[],
  expect: Probe["expect"],
): readonly Probe[] {
  return sources.flatMap((from) => destinations.map((to) => ({ from, to, expect })));
}

/** What clients remember belongs to the traffic policy by which they got it. */
export const affinityByPolicy: readonly Scenario[] = [
  {
    name: "sessionAffinity ClientIP ends at endpoints of other nodes when externalTrafficPolicy becomes Local",
    steps: [
      {
        services: [service(cluster)],
        endpointSlices: endpointSlices({ endpoints: ["pod2a"] }),
        probes: each(["client"], [toLoadBalancer, toNodePort], answeredBy(["pod2a"])),
      },
      {
        name: "the policy becomes Local and an endpoint of the node is added",
        services: [service(local)],
        endpointSlices: endpointSlices({ endpoints: ["pod1a", "pod2a"] }),
        probes: each(["client"], [toLoadBalancer, toNodePort], answeredBy(["pod1a"], { sees: "client" })),
      },
    ],
  },
  {
    name: "sessionAffinity ClientIP outlives the change of externalTrafficPolicy to Cluster",
    steps: [
      {
        services: [service(local)],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: each(everyone, [toLoadBalancer], answeredBy(["pod1a"])),
      },
      {
        name: "the policy becomes Cluster and two endpoints are added",
        services: [service(cluster)],
        endpointSlices: slices,
        probes: each(everyone, [toLoadBalancer], answeredBy(["pod1a"])),
      },
    ],
  },
  {
    name: "sessionAffinity ClientIP with externalTrafficPolicy Local ends for pods and nodes when the endpoint terminates",
    steps: [
      {
        services: [service(local)],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: each(everyone, [toLoadBalancer], answeredBy(["pod1a"])),
      },
      {
        name: "the endpoint of the node terminates, one elsewhere is ready",
        services: [service(local)],
        endpointSlices: leaving,
        probes: [
          { from: "pod1b", to: toLoadBalancer, expect: answeredBy(["pod2a"], { sees: "client" }) },
          { from: "node1", to: toLoadBalancer, expect: answeredBy(["pod2a"], { sees: "node" }) },
          { from: "client", to: toLoadBalancer, expect: answeredBy(["pod1a"], { sees: "client" }) },
        ],
      },
      {
        name: "the same client has policy Cluster at another address of the Service",
        services: [service(local)],
        endpointSlices: leaving,
        probes: [{ from: "client", to: toService, expect: answeredBy(["pod2a"]) }],
      },
      {
        name: "the policy becomes Cluster",
        services: [service(cluster)],
        endpointSlices: leaving,
        probes: [{ from: "client", to: toLoadBalancer, expect: answeredBy(["pod2a"]) }],
      },
    ],
  },
  {
    name: "sessionAffinity ClientIP at a load balancer's address takes no pod past internalTrafficPolicy Local",
    steps: [
      {
        services: [service({ ...local, internalTrafficPolicy: "Local" })],
        endpointSlices: endpointSlices({ endpoints: ["pod2a"] }),
        probes: [{ from: "pod1b", to: toLoadBalancer, expect: answeredBy(["pod2a"]) }],
      },
      {
        name: "an endpoint of the node is added",
        services: [service({ ...local, internalTrafficPolicy: "Local" })],
        endpointSlices: endpointSlices({ endpoints: ["pod1a", "pod2a"] }),
        probes: [
          { from: "pod1b", to: toLoadBalancer, expect: answeredBy(["pod2a"]) },
          { from: "pod1b", to: toService, expect: answeredBy(["pod1a"]) },
        ],
      },
    ],
  },
];
