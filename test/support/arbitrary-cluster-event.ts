import * as fc from "fast-check";
import type { EndpointSliceFields, makeNodeFacts, ServiceFields } from "./make-objects.ts";

/** What happens to the objects of a cluster and to a node; undefined takes the object away. */
export type ClusterEvent =
  | { readonly kind: "service"; readonly name: string; readonly fields: ServiceFields | undefined }
  | { readonly kind: "slice"; readonly name: string; readonly fields: EndpointSliceFields | undefined }
  | { readonly kind: "namespace"; readonly name: string; readonly labels: Record<string, string> | undefined }
  | { readonly kind: "serviceCIDR"; readonly name: string; readonly cidr: string | undefined }
  | { readonly kind: "config"; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: "node"; readonly facts: Parameters<typeof makeNodeFacts>[0] }
  | { readonly kind: "sync" };

const vips = fc.constantFrom(["10.96.0.1"], ["10.96.0.2"], ["10.96.0.3", "fd00:96::3"], ["None"]);
const outsideIPs = fc.subarray(["203.0.113.1", "203.0.113.2", "10.96.0.1", "192.168.0.1", "bad"]);
const policy = fc.constantFrom("Cluster", "Local");
const nodePort = fc.constantFrom(0, 30_080, 30_081);

const serviceFields = fc.record({
  clusterIPs: vips,
  creationTimestamp: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
  labels: fc.constantFrom({}, { app: "a" }, { "service.kubernetes.io/service-proxy-name": "other" }),
  type: fc.constantFrom("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
  externalIPs: outsideIPs,
  ingress: outsideIPs.map((addresses) => addresses.map((ip) => ({ ip }))),
  loadBalancerSourceRanges: fc.subarray(["192.168.0.0/16", "203.0.113.0/24", "bad"]),
  internalTrafficPolicy: policy,
  externalTrafficPolicy: policy,
  healthCheckNodePort: fc.constantFrom(0, 30_999),
  sessionAffinity: fc.constantFrom("None", "ClientIP"),
  ports: fc.uniqueArray(
    fc.record({ name: fc.constantFrom("a", "b"), port: fc.constantFrom(80, 81, 30_080), nodePort }),
    { selector: ({ name }) => name, minLength: 1 },
  ),
});

const endpoint = fc.record({
  addresses: fc
    .constantFrom("10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2", "bad")
    .map((address) => [address]),
  nodeName: fc.constantFrom("worker-1", "worker-2"),
  conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
  hints: fc.constantFrom({}, { forZones: [{ name: "zone-a" }] }, { forNodes: [{ name: "worker-1" }] }),
});

const sliceFields = fc.record({
  service: fc.constantFrom("s1", "s2", "s3", "absent"),
  addressType: fc.constantFrom("IPv4", "IPv4", "IPv6"),
  ports: fc.subarray([
    { name: "a", port: 8080 },
    { name: "b", port: 9090 },
    { name: "c", port: 0 },
  ]),
  endpoints: fc.array(endpoint, { maxLength: 4 }),
});

const services = [
  { name: "r", serviceSelector: { matchLabels: { app: "a" } }, scheduling: { algorithm: "Maglev" } },
  { name: "s", namespaceSelector: { matchLabels: { team: "a" } }, sessionAffinity: { type: "ClientIP" } },
  { name: "t", names: ["default/s2"], mode: "userspace" },
];

/** Objects and settings of every kind, with few values, so that Services meet at addresses and slices move between Services. */
export const arbitraryClusterEvent: fc.Arbitrary<ClusterEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("service" as const),
      name: fc.constantFrom("s1", "s2", "s3"),
      fields: fc.option(serviceFields, { nil: undefined }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("slice" as const),
      name: fc.constantFrom("x", "y", "z"),
      fields: fc.option(sliceFields, { nil: undefined }),
    }),
  },
  fc.record({
    kind: fc.constant("namespace" as const),
    name: fc.constantFrom("default", "other"),
    labels: fc.constantFrom(undefined, {}, { team: "a" }),
  }),
  fc.record({
    kind: fc.constant("serviceCIDR" as const),
    name: fc.constantFrom("p", "q"),
    cidr: fc.constantFrom(undefined, "10.96.0.0/12", "fd00:96::/108"),
  }),
  fc.record({
    kind: fc.constant("config" as const),
    settings: fc.constantFrom(
      {},
      { services },
      { masqueradeAll: true },
      { nodePorts: { localhost: true } },
      { localTraffic: { detect: "BridgeInterface", interface: "cni0" } },
      { localTraffic: { detect: "ClusterCIDR", cidrs: ["10.244.0.0/16"] }, masqueradeAll: true },
    ),
  }),
  fc.record({
    kind: fc.constant("node" as const),
    facts: fc.constantFrom({}, { name: "worker-2" }, { zone: undefined }, { podCIDRs: [] }),
  }),
  { weight: 4, arbitrary: fc.constant({ kind: "sync" } as const) },
);

/** The last word about each object, in an order that has nothing to do with the events'. */
export function finalEvents(events: readonly ClusterEvent[]): readonly ClusterEvent[] {
  const last = new Map(events.map((event) => [`${event.kind} ${"name" in event ? event.name : ""}`, event]));
  return [...last].toSorted(([left], [right]) => (left < right ? 1 : -1)).map(([, event]) => event);
}
