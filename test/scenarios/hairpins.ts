/** A pod that is sent to itself is masqueraded, so that the reply comes back through the node. */
import { addressOf, clusterIP, loadBalancerIP } from "./addresses.ts";
import { endpointSlices, nodePort, service, servicePort } from "./cluster-objects.ts";
import { answeredBy, at, scenario, type Scenario } from "./scenario.ts";

const toService = at(clusterIP(1), servicePort);
const toBalancer = at(loadBalancerIP(1), servicePort);
const toNodePort = at(addressOf("node1"), nodePort);

export const hairpins: readonly Scenario[] = [
  scenario("a pod reaches itself through its Service and sees the node's address then", {
    services: [service({ exposed: true })],
    endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
    probes: [
      { from: "pod1a", to: toService, expect: answeredBy(["pod1a"], { sees: "node" }) },
      {
        from: "pod1a",
        to: at(addressOf("node1"), nodePort),
        expect: answeredBy(["pod1a"], { sees: "node" }),
      },
      {
        from: "pod1a",
        to: at(loadBalancerIP(1), servicePort),
        expect: answeredBy(["pod1a"], { sees: "node" }),
      },
    ],
  }),
  scenario("a pod reaches itself over UDP", {
    services: [service({ ports: [{ protocol: "UDP", port: servicePort }] })],
    endpointSlices: endpointSlices({
      endpoints: ["pod1a"],
      ports: [{ name: "", protocol: "UDP", port: 8080 }],
    }),
    probes: [
      {
        from: "pod1a",
        to: at(clusterIP(1), servicePort, "UDP"),
        expect: answeredBy(["pod1a"], { sees: "node" }),
      },
    ],
  }),
  scenario("only the requests that come back to the pod itself are masqueraded", {
    services: [service()],
    endpointSlices: endpointSlices({ endpoints: ["pod1a", "pod1b", "pod2a"] }),
    probes: [
      {
        from: "pod1a",
        to: toService,
        expect: answeredBy(["pod1a", "pod1b", "pod2a"], {
          sees: { pod1a: "node", pod1b: "client", pod2a: "client" },
        }),
      },
    ],
  }),
  scenario("a pod reaches itself through an address with externalTrafficPolicy Local", {
    services: [service({ exposed: true, externalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
    probes: [
      {
        from: "pod1a",
        to: at(loadBalancerIP(1), servicePort),
        expect: answeredBy(["pod1a"], { sees: "node" }),
      },
    ],
  }),
  scenario("a pod reaches itself with sessionAffinity ClientIP", {
    services: [service({ exposed: true, sessionAffinity: "ClientIP", externalTrafficPolicy: "Local" })],
    endpointSlices: endpointSlices({ endpoints: ["pod1a"] }),
    probes: [toService, toBalancer, toNodePort].map((to) => ({
      from: "pod1a",
      to,
      expect: answeredBy(["pod1a"], { sees: "node" }),
    })),
  }),
];
