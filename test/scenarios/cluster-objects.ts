/** Services and EndpointSlices as the API server would hand them out, written with the least that a scenario cares about. */
import type { ObjectMeta } from "../../crds/api.ts";
import type { AddressPair } from "../../playground/nodes/network-plan.ts";
import { hostNetworkPort, podPorts } from "../../playground/nodes/pods.ts";
import {
  addressOf,
  bothFamilies,
  clusterIP,
  externalIP,
  loadBalancerIP,
  nodeNames,
  nodeOf,
  type BackendName,
} from "./addresses.ts";

export const namespace = "default";

export interface ServiceObject {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly LoadBalancerIngress[] } };
}

export interface ServiceSpec {
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  readonly clusterIP?: string;
  readonly clusterIPs?: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly externalIPs?: readonly string[];
  readonly externalName?: string;
  readonly loadBalancerSourceRanges?: readonly string[];
  readonly internalTrafficPolicy?: TrafficPolicy;
  readonly externalTrafficPolicy?: TrafficPolicy;
  readonly sessionAffinity?: "None" | "ClientIP";
  readonly sessionAffinityConfig?: { readonly clientIP: { readonly timeoutSeconds: number } };
}

export type TrafficPolicy = "Cluster" | "Local";

export interface ServicePort {
  readonly name?: string;
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  readonly nodePort?: number;
}

export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: "VIP" | "Proxy";
}

export interface EndpointSliceObject {
  readonly apiVersion: "discovery.k8s.io/v1";
  readonly kind: "EndpointSlice";
  readonly metadata: ObjectMeta;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly EndpointObject[];
  readonly ports: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[];
}

export interface EndpointObject {
  readonly addresses: readonly string[];
  readonly conditions?: EndpointConditions;
  readonly nodeName?: string;
  readonly hints?: {
    readonly forZones?: readonly { readonly name: string }[];
    readonly forNodes?: readonly { readonly name: string }[];
  };
}

export interface EndpointConditions {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export const servicePort = 80;
export const nodePort = 30_080;

export interface ServiceFacts extends Partial<ServiceSpec> {
  /** @default web */
  readonly name?: string;
  /** Selects its addresses. @default 1 */
  readonly number?: number;
  /** Whether it has its load balancer and external IPs. @default false */
  readonly exposed?: boolean;
  readonly ingress?: readonly LoadBalancerIngress[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
}

/** A dual-stack Service with one TCP port; a NodePort too when its type has one. */
export function service({
  name = "web",
  number = 1,
  exposed = false,
  ingress,
  labels = {},
  creationTimestamp = "2026-01-01T00:00:00Z",
  ...spec
}: ServiceFacts = {}): ServiceObject {
  const [clusterIPv4, clusterIPv6] = bothFamilies(clusterIP(number));
  const type = spec.type ?? (exposed ? "LoadBalancer" : "ClusterIP");
  const port = { protocol: "TCP" as const, port: servicePort };
  const balancerIPs = exposed ? bothFamilies(loadBalancerIP(number)).map((ip) => ({ ip })) : undefined;
  const ingresses = ingress ?? balancerIPs;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, uid: `uid-${name}`, labels, creationTimestamp },
    spec: {
      type,
      clusterIP: clusterIPv4,
      clusterIPs: [clusterIPv4, clusterIPv6],
      ports: [type === "ClusterIP" ? port : { ...port, nodePort }],
      ...(exposed ? { externalIPs: bothFamilies(externalIP(number)) } : {}),
      ...spec,
    },
    status: { loadBalancer: ingresses === undefined ? {} : { ingress: ingresses } },
  };
}

/** An endpoint by the name of its pod, or of its node for hostNetwork; ready unless said otherwise. */
export interface EndpointFacts extends EndpointConditions {
  readonly of: BackendName;
  /** In annotation kubesteer.dev/endpoint-weights. */
  readonly weight?: number;
  readonly zoneHint?: string;
  readonly nodeHint?: string;
}

export interface SliceFacts {
  /** @default web */
  readonly service?: string;
  /** Tells several slices of one Service apart. @default 1 */
  readonly number?: number;
  readonly endpoints: readonly (BackendName | EndpointFacts)[];
  readonly ports?: EndpointSliceObject["ports"];
}

/** The slices of a Service with these endpoints, one for each family. */
export function endpointSlices({
  service = "web",
  number = 1,
  endpoints,
  ports,
}: SliceFacts): readonly EndpointSliceObject[] {
  const facts = endpoints.map((endpoint) => (typeof endpoint === "string" ? { of: endpoint } : endpoint));
  const hostNetwork = facts.some(({ of }) => nodeNames.some((name) => name === of));
  const port = hostNetwork ? hostNetworkPort : podPorts.tcp[0];
  return (["ipv4", "ipv6"] as const).map((family) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-${family}-${number}`,
      namespace,
      labels: { "kubernetes.io/service-name": service },
      ...weightAnnotation(facts, family),
    },
    addressType: family === "ipv4" ? "IPv4" : "IPv6",
    endpoints: facts.map((endpoint) => endpointObject(endpoint, family)),
    ports: ports ?? [{ name: "", protocol: "TCP", port }],
  }));
}

function weightAnnotation(
  facts: readonly EndpointFacts[],
  family: keyof AddressPair,
): Pick<ObjectMeta, "annotations"> {
  const weights = facts.flatMap(({ of, weight }) =>
    weight === undefined ? [] : [[addressOf(of)[family], weight] as const],
  );
  if (weights.length === 0) return {};
  return { annotations: { "kubesteer.dev/endpoint-weights": JSON.stringify(Object.fromEntries(weights)) } };
}

function endpointObject(
  { of, ready = true, serving = ready, terminating = false, zoneHint, nodeHint }: EndpointFacts,
  family: keyof AddressPair,
): EndpointObject {
  const hints = {
    ...(zoneHint === undefined ? {} : { forZones: [{ name: zoneHint }] }),
    ...(nodeHint === undefined ? {} : { forNodes: [{ name: nodeHint }] }),
  };
  return {
    addresses: [addressOf(of)[family]],
    conditions: { ready, serving, terminating },
    nodeName: nodeOf(of).name,
    ...(zoneHint === undefined && nodeHint === undefined ? {} : { hints }),
  };
}
