/** Objects that cannot be served, wholly or in part, do no harm to others. */
import { addressOf, bothFamilies, clusterIP, externalIP, loadBalancerIP } from "./addresses.ts";
import {
  endpointSlices,
  namespace,
  nodePort,
  service,
  servicePort,
  type EndpointSliceObject,
} from "./cluster-objects.ts";
import {
  answeredBy,
  at,
  dropped,
  refused,
  scenario,
  unserved,
  type Probe,
  type Scenario,
} from "./scenario.ts";

const good = service({ name: "good", number: 9 });
const goodSlices = endpointSlices({ service: "good", endpoints: ["pod1a", "pod2a"] });
const goodAnswers: Probe = {
  from: "pod1b",
  to: at(clusterIP(9), servicePort),
  expect: answeredBy(["pod1a", "pod2a"]),
};
const slices = endpointSlices({ endpoints: ["pod1a"] });

export const oddObjects: readonly Scenario[] = [
  scenario("a headless Service has no address", {
    services: [service({ clusterIP: "None", clusterIPs: ["None"] }), good],
    endpointSlices: [...slices, ...goodSlices],
    probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: dropped }, goodAnswers],
  }),
  scenario("an ExternalName Service is not served on its externalIPs", {
    services: [
      service({
        type: "ExternalName",
        externalName: "example.com",
        externalIPs: bothFamilies(externalIP(1)),
      }),
      good,
    ],
    endpointSlices: [...slices, ...goodSlices],
    probes: [{ from: "client", to: at(externalIP(1), servicePort), expect: unserved }, goodAnswers],
  }),
  scenario("a Service with label service-proxy-name is left to another proxy", {
    services: [service({ labels: { "service.kubernetes.io/service-proxy-name": "another" } }), good],
    endpointSlices: [...slices, ...goodSlices],
    probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: dropped }, goodAnswers],
  }),
  scenario("label service-proxy-name of EndpointSlices does not matter", {
    services: [service()],
    endpointSlices: labelled(slices, { "service.kubernetes.io/service-proxy-name": "another" }),
    probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod1a"]) }],
  }),
  {
    name: "label headless on EndpointSlices takes their endpoints out of service",
    steps: [
      {
        services: [service()],
        endpointSlices: slices,
        probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod1a"]) }],
      },
      {
        name: "they get it",
        services: [service()],
        endpointSlices: labelled(slices, { "service.kubernetes.io/headless": "" }),
        probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: refused }],
      },
    ],
  },
  scenario("external IPs that are no addresses do not take the others out of service", {
    services: [
      service({ externalIPs: ["nonsense", "10.0.0.0/8", ...bothFamilies(externalIP(1)), "::ffff:10.0.0.1"] }),
      good,
    ],
    endpointSlices: [...slices, ...goodSlices],
    probes: [
      { from: "client", to: at(externalIP(1), servicePort), expect: answeredBy(["pod1a"]) },
      { from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod1a"]) },
      goodAnswers,
    ],
  }),
  scenario("an external IP may be written with leading zeros", {
    services: [service({ externalIPs: ["203.000.113.101", "2001:0db8:000f:0::1:0001"] })],
    endpointSlices: slices,
    probes: [{ from: "client", to: at(externalIP(1), servicePort), expect: answeredBy(["pod1a"]) }],
  }),
  scenario("clusterIPs, load balancer addresses and endpoints may be written with leading zeros", {
    services: [
      service({
        type: "LoadBalancer",
        clusterIP: "10.096.001.001",
        clusterIPs: ["10.096.001.001", "fd00:0010:0096:0::0011"],
        ingress: [{ ip: "203.000.113.001" }, { ip: "2001:0db8:000f:0::0001" }],
      }),
    ],
    endpointSlices: endpointSlices({ endpoints: ["pod1a"] }).map((slice) => ({
      ...slice,
      endpoints: [
        { addresses: [slice.addressType === "IPv4" ? "010.244.001.010" : "fd00:010:0244:01::0010"] },
      ],
    })),
    probes: [
      { from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod1a"]) },
      { from: "client", to: at(loadBalancerIP(1), servicePort), expect: answeredBy(["pod1a"]) },
    ],
  }),
  scenario("a Service without a clusterIP yet is not served", {
    services: [service({ clusterIP: "", clusterIPs: [] }), good],
    endpointSlices: [...slices, ...goodSlices],
    probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: dropped }, goodAnswers],
  }),
  scenario("endpoints without an address and ports without a number are left out", {
    services: [service(), good],
    endpointSlices: [
      ...slices,
      handmade(1, { endpoints: [{ addresses: [] }], ports: [{ name: "", protocol: "TCP", port: 8080 }] }),
      handmade(2, { endpoints: [{ addresses: [addressOf("pod3a").ipv4] }], ports: [{ name: "" }] }),
      handmade(3, {
        endpoints: [{ addresses: ["nonsense"] }],
        ports: [{ name: "", protocol: "TCP", port: 8080 }],
      }),
      ...goodSlices,
    ],
    probes: [
      { from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod1a"]) },
      goodAnswers,
    ],
  }),
  scenario("of an endpoint's addresses the first is used", {
    services: [service()],
    endpointSlices: [
      handmade(4, {
        endpoints: [{ addresses: [addressOf("pod1a").ipv4, addressOf("pod2a").ipv4] }],
        ports: [{ name: "", protocol: "TCP", port: 8080 }],
      }),
    ],
    probes: [
      {
        from: "pod1b",
        to: at(clusterIP(1), servicePort),
        expect: answeredBy(["pod1a"]),
        families: ["IPv4"],
      },
    ],
  }),
  scenario("an endpoint without conditions is ready", {
    services: [service()],
    endpointSlices: [
      handmade(5, {
        endpoints: [{ addresses: [addressOf("pod1a").ipv4] }],
        ports: [{ name: "", protocol: "TCP", port: 8080 }],
      }),
    ],
    probes: [
      {
        from: "pod1b",
        to: at(clusterIP(1), servicePort),
        expect: answeredBy(["pod1a"]),
        families: ["IPv4"],
      },
    ],
  }),
  scenario("slices without the name of a Service, and of type FQDN, are ignored", {
    services: [service()],
    endpointSlices: [
      ...slices,
      ...endpointSlices({ endpoints: ["pod2a"], number: 2 }).map((slice) => ({
        ...slice,
        metadata: { ...slice.metadata, labels: {} },
      })),
      ...endpointSlices({ endpoints: ["pod3a"], number: 3 }).map((slice) => ({
        ...slice,
        addressType: "FQDN" as const,
        endpoints: [{ addresses: ["pod3a.example.com"] }],
      })),
    ],
    probes: [{ from: "pod1b", to: at(clusterIP(1), servicePort), expect: answeredBy(["pod1a"]) }],
  }),
  scenario("a Service of one family is not served in the other", {
    services: [
      service({
        type: "NodePort",
        clusterIP: clusterIP(1).ipv4,
        clusterIPs: [clusterIP(1).ipv4],
      }),
    ],
    endpointSlices: slices,
    probes: [
      {
        from: "client",
        to: at(addressOf("node1"), nodePort),
        expect: answeredBy(["pod1a"]),
        families: ["IPv4"],
      },
      { from: "client", to: at(addressOf("node1"), nodePort), expect: refused, families: ["IPv6"] },
      { from: "pod1b", to: at(clusterIP(1), servicePort), expect: dropped, families: ["IPv6"] },
    ],
  }),
  scenario("load balancer addresses and external IPs may be the same", {
    services: [service({ exposed: true, externalIPs: bothFamilies(loadBalancerIP(1)) })],
    endpointSlices: slices,
    probes: [{ from: "client", to: at(loadBalancerIP(1), servicePort), expect: answeredBy(["pod1a"]) }],
  }),
];

function labelled(
  slices: readonly EndpointSliceObject[],
  labels: Readonly<Record<string, string>>,
): readonly EndpointSliceObject[] {
  return slices.map((slice) => {
    const { metadata } = slice;
    return { ...slice, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
  });
}

/** A further slice of Service web as somebody could write it by hand, IPv4 only. */
function handmade(
  number: number,
  content: Pick<EndpointSliceObject, "endpoints" | "ports">,
): EndpointSliceObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `web-by-hand-${number}`,
      namespace,
      labels: { "kubernetes.io/service-name": "web" },
    },
    addressType: "IPv4",
    ...content,
  };
}
