/** Changes of Services, endpoints and settings reach the kernel, and leave nothing behind. */
import {
  addressOf,
  bothFamilies,
  clusterIP,
  externalIP,
  loadBalancerIP,
  podNames,
  type BackendName,
} from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort, type ServiceFacts } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  dropped,
  refused,
  unserved,
  type Destination,
  type Probe,
  type Scenario,
  type Step,
} from "./scenario.ts";

const toService = at(clusterIP(1), servicePort);
const toNodePort = at(addressOf("node1"), nodePort);
const toBalancer = at(loadBalancerIP(1), servicePort);
const toExternalIP = at(externalIP(1), servicePort);

function fromPod(to: Destination, expect: Probe["expect"]): Probe {
  return { from: "pod1b", to, expect };
}

function fromClient(to: Destination, expect: Probe["expect"]): Probe {
  return { from: "client", to, expect };
}

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

const slices = endpointSlices({ endpoints: ["pod1a", "pod2a"] });
const both = answeredBy(["pod1a", "pod2a"]);

/** The Service as `facts` say, with two endpoints. */
function withService(name: string, facts: ServiceFacts, probes: readonly Probe[]): Step {
  return { name, services: [service(facts)], endpointSlices: slices, probes };
}

const serviceChanges: readonly Scenario[] = [
  {
    name: "a deleted Service is gone from every address, its neighbour stays",
    steps: [
      {
        services: [service({ exposed: true }), service({ name: "other", number: 2 })],
        endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: ["pod3a"] })],
        probes: [fromPod(toService, both), fromPod(at(clusterIP(2), servicePort), answeredBy(["pod3a"]))],
      },
      {
        name: "the Service is deleted before its slices",
        services: [service({ name: "other", number: 2 })],
        endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: ["pod3a"] })],
        probes: [
          fromPod(toService, dropped),
          fromClient(toNodePort, refused),
          fromClient(toBalancer, unserved),
          fromClient(toExternalIP, unserved),
          fromPod(at(clusterIP(2), servicePort), answeredBy(["pod3a"])),
        ],
      },
      {
        name: "it is created again",
        services: [service({ exposed: true }), service({ name: "other", number: 2 })],
        endpointSlices: [...slices, ...endpointSlices({ service: "other", endpoints: ["pod3a"] })],
        // Not by the load balancer's address: what tried that in vain left the node untranslated, and the kernel sends whoever
        // gets the same port within two minutes after it.
        probes: [fromPod(toService, both), fromClient(toNodePort, both)],
      },
    ],
  },
  {
    name: "the port of a Service changes",
    steps: [
      withService("it has port 80", {}, [fromPod(toService, both)]),
      withService("it has port 88", { ports: [{ protocol: "TCP", port: 88 }] }, [
        fromPod(at(clusterIP(1), 88), both),
        fromPod(toService, refused),
      ]),
    ],
  },
  {
    name: "a port is added and removed without harm to the other",
    steps: [
      withService("it has one port", { ports: [{ name: "", protocol: "TCP", port: 80 }] }, [
        fromPod(toService, both),
      ]),
      {
        name: "it has two",
        services: [
          service({
            ports: [
              { name: "", protocol: "TCP", port: 80 },
              { name: "metrics", protocol: "TCP", port: 81 },
            ],
          }),
        ],
        endpointSlices: endpointSlices({
          endpoints: ["pod1a", "pod2a"],
          ports: [
            { name: "", protocol: "TCP", port: 8080 },
            { name: "metrics", protocol: "TCP", port: 9090 },
          ],
        }),
        probes: [
          fromPod(toService, answeredBy(["pod1a", "pod2a"], { port: 8080 })),
          fromPod(at(clusterIP(1), 81), answeredBy(["pod1a", "pod2a"], { port: 9090 })),
        ],
      },
      withService("it has one again", { ports: [{ name: "", protocol: "TCP", port: 80 }] }, [
        fromPod(toService, both),
        fromPod(at(clusterIP(1), 81), refused),
      ]),
    ],
  },
  {
    name: "the nodePort of a Service changes",
    steps: [
      withService("it has one", { type: "NodePort" }, [fromClient(toNodePort, both)]),
      withService(
        "it has another",
        { type: "NodePort", ports: [{ protocol: "TCP", port: servicePort, nodePort: nodePort + 1 }] },
        [fromClient(at(addressOf("node1"), nodePort + 1), both), fromClient(toNodePort, refused)],
      ),
    ],
  },
  {
    name: "the type of a Service changes",
    steps: [
      withService("it is a ClusterIP", {}, [fromPod(toService, both), fromClient(toNodePort, refused)]),
      withService("it becomes a NodePort", { type: "NodePort" }, [
        fromPod(toService, both),
        fromClient(toNodePort, both),
      ]),
      withService("it becomes an ExternalName", { type: "ExternalName", externalName: "example.com" }, [
        fromPod(toService, dropped),
        fromClient(toNodePort, refused),
      ]),
      withService("it becomes a LoadBalancer", { exposed: true }, [
        fromPod(toService, both),
        fromClient(toNodePort, both),
        fromClient(toBalancer, both),
      ]),
      withService("it becomes a ClusterIP again", {}, [
        fromPod(toService, both),
        fromClient(toNodePort, refused),
        fromClient(toBalancer, unserved),
      ]),
    ],
  },
  {
    name: "traffic policies change",
    steps: [
      withService("both are Cluster", { exposed: true }, [
        fromPod(toService, both),
        fromClient(toBalancer, answeredBy(["pod1a", "pod2a"], { sees: "node" })),
      ]),
      withService(
        "both become Local",
        { exposed: true, internalTrafficPolicy: "Local", externalTrafficPolicy: "Local" },
        [
          fromPod(toService, answeredBy(["pod1a"])),
          fromClient(toBalancer, answeredBy(["pod1a"], { sees: "client" })),
        ],
      ),
      withService("both become Cluster again", { exposed: true }, [
        fromPod(toService, both),
        fromClient(toBalancer, answeredBy(["pod1a", "pod2a"], { sees: "node" })),
      ]),
    ],
  },
  {
    name: "loadBalancerSourceRanges come into force and go",
    steps: [
      withService("there are none", { exposed: true }, [fromClient(toBalancer, both)]),
      withService(
        "they exclude the client",
        { exposed: true, loadBalancerSourceRanges: ["198.51.100.11/32", "2001:db8:c::11/128"] },
        [fromClient(toBalancer, dropped), { from: "client2", to: toBalancer, expect: both }],
      ),
      withService(
        "they include it",
        { exposed: true, loadBalancerSourceRanges: ["198.51.100.10/32", "2001:db8:c::10/128"] },
        [fromClient(toBalancer, both), { from: "client2", to: toBalancer, expect: dropped }],
      ),
      withService("there are none again", { exposed: true }, [
        fromClient(toBalancer, both),
        { from: "client2", to: toBalancer, expect: both },
      ]),
    ],
  },
  {
    name: "a clusterIP passes from one Service to the next",
    steps: [
      {
        services: [service()],
        endpointSlices: [...slices, ...endpointSlices({ service: "next", endpoints: ["pod3a"] })],
        probes: [fromPod(toService, both)],
      },
      {
        name: "another Service has it",
        services: [service({ name: "next" })],
        endpointSlices: [...slices, ...endpointSlices({ service: "next", endpoints: ["pod3a"] })],
        probes: [fromPod(toService, answeredBy(["pod3a"]))],
      },
    ],
  },
  {
    name: "of two Services that claim one address the older has it, and the other when the older is gone",
    steps: [
      conflict("both exist", ["older", "newer"], answeredBy(["pod1a"])),
      conflict("the older is deleted", ["newer"], answeredBy(["pod2a"])),
      conflict("the older is back", ["older", "newer"], answeredBy(["pod1a"])),
    ],
  },
];

/** Two Services with one external IP. */
function conflict(name: string, names: readonly ("older" | "newer")[], expect: Probe["expect"]): Step {
  const facts = {
    older: { name: "older", number: 2, creationTimestamp: "2026-01-01T00:00:00Z" },
    newer: { name: "newer", number: 3, creationTimestamp: "2026-02-01T00:00:00Z" },
  };
  return {
    name,
    services: names.map((name) => service({ ...facts[name], externalIPs: bothFamilies(externalIP(1)) })),
    endpointSlices: [
      ...endpointSlices({ service: "older", endpoints: ["pod1a"] }),
      ...endpointSlices({ service: "newer", endpoints: ["pod2a"] }),
    ],
    probes: [fromClient(toExternalIP, expect), fromPod(toExternalIP, expect)],
  };
}

const settingChanges: readonly Scenario[] = [
  {
    name: "masqueradeAll is switched on and off",
    steps: [
      withService("it is off", {}, [fromPod(toService, answeredBy(["pod1a", "pod2a"], { sees: "client" }))]),
      {
        ...withService("it is on", {}, [
          fromPod(toService, answeredBy(["pod1a", "pod2a"], { sees: "node" })),
        ]),
        config: { masqueradeAll: true },
      },
      withService("it is off again", {}, [
        fromPod(toService, answeredBy(["pod1a", "pod2a"], { sees: "client" })),
      ]),
    ],
  },
  {
    name: "the way to recognise pods changes",
    steps: [
      withService("NodeCIDR: pods of other nodes are outside", {}, [
        fromPod(toService, answeredBy(["pod1a", "pod2a"], { sees: "client" })),
        { from: "pod3a", to: toService, expect: answeredBy(["pod1a", "pod2a"], { sees: "node" }) },
      ]),
      {
        // Only the endpoint here: replies of others would not come back through this node.
        name: "ClusterCIDR: pods of other nodes count as pods",
        config: { localTraffic: { detect: "ClusterCIDR", cidrs: ["10.244.0.0/16", "fd00:10:244::/48"] } },
        services: [service()],
        endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
        probes: [
          fromPod(toService, answeredBy(["pod1a"], { sees: "client" })),
          { from: "pod3a", to: toService, expect: answeredBy(["pod1a"], { sees: "client" }) },
          fromClient(toService, answeredBy(["pod1a"], { sees: "node" })),
        ],
      },
      {
        ...withService("InterfaceNamePrefix: what comes in from a pod's link", {}, [
          fromPod(toService, answeredBy(["pod1a", "pod2a"], { sees: "client" })),
          fromClient(toService, answeredBy(["pod1a", "pod2a"], { sees: "node" })),
        ]),
        config: { localTraffic: { detect: "InterfaceNamePrefix", interface: "pod" } },
      },
      {
        ...withService("BridgeInterface: what comes in from this interface", {}, [
          fromPod(toService, answeredBy(["pod1a", "pod2a"], { sees: "client" })),
          { from: "pod1a", to: toService, expect: answeredBy(["pod1a", "pod2a"], { sees: "node" }) },
        ]),
        config: { localTraffic: { detect: "BridgeInterface", interface: "pod1b" } },
      },
    ],
  },
];

export const changes: readonly Scenario[] = [...endpointChanges, ...serviceChanges, ...settingChanges];
