/** Changes of Services, endpoints and settings reach the kernel, and leave nothing behind. */
import { podNames, type BackendName } from "./addresses.ts";
import { endpointSlices, service, type ServiceFacts } from "./cluster-objects.ts";
import { answeredBy, refused, type Scenario, type Step } from "./scenario.ts";
import { serviceChanges } from "./service-changes.ts";
import { settingChanges } from "./setting-changes.ts";
import { toService, toNodePort, toBalancer, fromPod, fromClient } from "./change-steps.ts";

/** A Service whose endpoints are these, and who answers then. */
function withEndpoints(name: string, endpoints: readonly BackendName[], facts: ServiceFacts = {}): Step {
  const expect = endpoints.length === 0 ? refused : answeredBy(endpoints);
  return {
    name,
    services: [service({ exposed: true, ...facts })],
    endpointSlices: endpointSlices({ endpoints }),
    probes: [fromPod(toService, expect), fromClient(toNodePort, expect), fromClient(toBalancer, expect)],
  };
}

const endpointChanges: readonly Scenario[] = [
  {
    name: "endpoints are added and removed one by one",
    steps: [
      withEndpoints("there is none", []),
      withEndpoints("the first is added", ["pod1a"]),
      withEndpoints("the second is added", ["pod1a", "pod2a"]),
      withEndpoints("the third is added", ["pod1a", "pod2a", "pod3a"]),
      withEndpoints("the one in the middle is removed", ["pod1a", "pod3a"]),
      withEndpoints("one is replaced", ["pod2b", "pod3a"]),
      withEndpoints("all are replaced", ["pod1a", "pod2a"]),
      withEndpoints("the last are removed", []),
      withEndpoints("one comes back", ["pod3b"]),
    ],
  },
  {
    name: "many endpoints come and go at once",
    steps: [
      withEndpoints("there is one", ["pod1a"]),
      withEndpoints("there are six", podNames),
      withEndpoints("there is another one", ["pod2b"]),
    ],
  },
  {
    name: "an endpoint that moves to another slice stays in use",
    steps: [
      {
        services: [service()],
        endpointSlices: [
          ...endpointSlices({ endpoints: ["pod1a", "pod2a"] }),
          ...endpointSlices({ number: 2, endpoints: [] }),
        ],
        probes: [fromPod(toService, answeredBy(["pod1a", "pod2a"]))],
      },
      {
        name: "it has moved",
        services: [service()],
        endpointSlices: [
          ...endpointSlices({ endpoints: ["pod1a"] }),
          ...endpointSlices({ number: 2, endpoints: ["pod2a"] }),
        ],
        probes: [fromPod(toService, answeredBy(["pod1a", "pod2a"]))],
      },
      {
        name: "its old slice is deleted",
        services: [service()],
        endpointSlices: endpointSlices({ number: 2, endpoints: ["pod2a"] }),
        probes: [fromPod(toService, answeredBy(["pod2a"]))],
      },
    ],
  },
  {
    name: "the target port changes",
    steps: [
      {
        services: [service()],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: [fromPod(toService, answeredBy(["pod1a"], { port: 8080 }))],
      },
      {
        name: "8080 becomes 9090",
        services: [service()],
        endpointSlices: endpointSlices({
          endpoints: ["pod1a"],
          ports: [{ name: "", protocol: "TCP", port: 9090 }],
        }),
        probes: [fromPod(toService, answeredBy(["pod1a"], { port: 9090 }))],
      },
    ],
  },
];

export const changes: readonly Scenario[] = [...endpointChanges, ...serviceChanges, ...settingChanges];
