/** Changes of settings reach the kernel, and leave nothing behind. */
import { endpointSlices, service } from "./cluster-objects.ts";
import { answeredBy, type Scenario } from "./scenario.ts";
import { toService, fromPod, fromClient, withService } from "./change-steps.ts";

export const settingChanges: readonly Scenario[] = [
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
