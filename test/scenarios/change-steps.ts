/** What the scenarios about changes have in common. */
import { addressOf, clusterIP, externalIP, loadBalancerIP } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort, type ServiceFacts } from "./cluster-objects.ts";
import { answeredBy, at, type Destination, type Probe, type Step } from "./scenario.ts";

export const toService = at(clusterIP(1), servicePort);
export const toNodePort = at(addressOf("node1"), nodePort);
export const toBalancer = at(loadBalancerIP(1), servicePort);
export const toExternalIP = at(externalIP(1), servicePort);

export function fromPod(to: Destination, expect: Probe["expect"]): Probe {
  return { from: "pod1b", to, expect };
}

export function fromClient(to: Destination, expect: Probe["expect"]): Probe {
  return { from: "client", to, expect };
}

export const slices = endpointSlices({ endpoints: ["pod1a", "pod2a"] });
export const both = answeredBy(["pod1a", "pod2a"]);

/** The Service as `facts` say, with two endpoints. */
export function withService(name: string, facts: ServiceFacts, probes: readonly Probe[]): Step {
  return { name, services: [service(facts)], endpointSlices: slices, probes };
}
