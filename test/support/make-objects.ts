import { nodeProxyConfig } from "../../crds/schema/node-proxy.ts";
import type { NodeProxyConfig } from "../../crds/api.ts";
import type { NodeFacts } from "../../agent/services/node-facts.ts";
import { parseIpAddress } from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";

/** Metadata by its usual names; every other field goes to `spec` as it is, also an invalid one. */
export interface ServiceFields {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly labels?: unknown;
  readonly creationTimestamp?: unknown;
  /** `status.loadBalancer.ingress`. */
  readonly ingress?: unknown;
  readonly clusterIPs?: unknown;
  readonly [specField: string]: unknown;
}

/** A Service as the API server sends it: default/web, 10.96.0.10, TCP port 80. A test states only what matters to it. */
export function makeService(fields: ServiceFields = {}) {
  const {
    name,
    namespace,
    labels,
    creationTimestamp,
    ingress,
    clusterIPs = ["10.96.0.10"],
    ...spec
  } = fields;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: name ?? "web",
      namespace: namespace ?? "default",
      labels: labels ?? {},
      creationTimestamp: creationTimestamp ?? "2026-01-01T00:00:00Z",
    },
    spec: {
      type: "ClusterIP",
      clusterIP: Array.isArray(clusterIPs) ? clusterIPs[0] : clusterIPs,
      clusterIPs,
      ports: [{ port: 80 }],
      ...spec,
    },
    status: { loadBalancer: ingress === undefined ? {} : { ingress } },
  };
}

export interface EndpointSliceFields {
  readonly name?: unknown;
  readonly namespace?: unknown;
  /** Label kubernetes.io/service-name. */
  readonly service?: unknown;
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly annotations?: unknown;
  readonly addressType?: unknown;
  readonly ports?: unknown;
  /** An address alone stands for an endpoint without conditions. */
  readonly endpoints?: readonly unknown[];
}

/** An EndpointSlice as the API server sends it: of Service default/web, IPv4, one unnamed TCP port 8080, no endpoints. */
export function makeEndpointSlice(fields: EndpointSliceFields = {}) {
  const { name = "web-1", namespace = "default", service = "web", annotations = {}, endpoints = [] } = fields;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name,
      namespace,
      labels: { "kubernetes.io/service-name": service, ...fields.labels },
      annotations,
    },
    addressType: fields.addressType ?? "IPv4",
    ports: fields.ports === undefined ? [{ name: "", port: 8080, protocol: "TCP" }] : fields.ports,
    endpoints: endpoints.map((endpoint) =>
      typeof endpoint === "string" ? { addresses: [endpoint] } : endpoint,
    ),
  };
}

/** Settings that differ from the defaults of the schema, at any depth. */
export type PartialNodeProxyConfig = DeepPartial<NodeProxyConfig>;

type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly DeepPartial<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
    : T;

/** The settings of a node: what the schema's defaults make of `settings`. */
export function makeNodeProxyConfig(settings: Readonly<Record<string, unknown>> = {}): NodeProxyConfig {
  return nodeProxyConfig.parse(settings);
}

/** Node worker-1 in zone-a: 192.168.0.1 and fd00:0:0:1::1, pods in 10.244.1.0/24 and fd00:10:244:1::/64. */
export function makeNodeFacts(facts: Partial<NodeFacts> = {}): NodeFacts {
  const IPv4 = parseIpAddress("192.168.0.1");
  const IPv6 = parseIpAddress("fd00:0:0:1::1");
  return {
    name: "worker-1",
    zone: "zone-a",
    podCIDRs: [parseCidr("10.244.1.0/24"), parseCidr("fd00:10:244:1::/64")],
    addresses: { primary: { IPv4, IPv6 }, local: [IPv4, IPv6] },
    ...facts,
  };
}
