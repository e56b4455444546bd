/** Changes of Services reach the kernel, and leave nothing behind. */
import { addressOf, bothFamilies, clusterIP, externalIP } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  dropped,
  refused,
  unserved,
  type Probe,
  type Scenario,
  type Step,
} from "./scenario.ts";
import {
  toService,
  toNodePort,
  toBalancer,
  toExternalIP,
  fromPod,
  fromClient,
  both,
  slices,
  withService,
} from "./change-steps.ts";

export const serviceChanges: readonly Scenario[] = [
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
    name: "loadBalancerSourceRanges are added and removed",
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
