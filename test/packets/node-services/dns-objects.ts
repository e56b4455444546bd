import type { AddressPair } from "../../../playground/nodes/network-plan.ts";

export const nodeName = "worker-1";
export const nodeAddresses: AddressPair = { ipv4: "192.0.2.1", ipv6: "2001:db8::1" };

/** Servers on addresses of the node. */
export const pods = {
  a: { ipv4: "10.244.1.2", ipv6: "fd00:10:244:1::2" },
  b: { ipv4: "10.244.1.3", ipv6: "fd00:10:244:1::3" },
} as const;
export const podPort = 5353;
export type PodName = keyof typeof pods;

export const families = ["ipv4", "ipv6"] as const;
export type Family = (typeof families)[number];

/** Addresses of Service dns. */
export const clusterIPs: AddressPair = { ipv4: "10.96.0.53", ipv6: "fd00:10:96::53" };
export const externalIPs: AddressPair = { ipv4: "203.0.113.53", ipv6: "2001:db8:53::53" };

/** The node that everything is about. */
export const nodeObject = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: nodeName },
  spec: { podCIDRs: ["10.244.1.0/24", "fd00:10:244:1::/64"] },
  status: { addresses: Object.values(nodeAddresses).map((address) => ({ type: "InternalIP", address })) },
};

/** Ports of Service dns, UDP and TCP; both with a NodePort where `nodePort` says so. */
export function dnsPorts(nodePort?: number): readonly object[] {
  const fields = { port: 53, targetPort: podPort, ...(nodePort === undefined ? {} : { nodePort }) };
  return [
    { name: "dns", protocol: "UDP", ...fields },
    { name: "dns-tcp", protocol: "TCP", ...fields },
  ];
}

/** Service dns with further fields of its spec. */
export function dnsService(fields: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "dns", namespace: "default" },
    spec: {
      clusterIP: clusterIPs.ipv4,
      clusterIPs: Object.values(clusterIPs),
      ipFamilyPolicy: "RequireDualStack",
      ports: dnsPorts(),
      ...fields,
    },
  };
}

/** An endpoint of Service dns: a pod, with further fields of the endpoint. */
export interface DnsEndpoint {
  readonly of: PodName;
  readonly fields?: object;
}

/** The EndpointSlice of Service dns in one family. */
export function dnsSlice(family: Family, endpoints: readonly DnsEndpoint[]) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `dns-${family}`,
      namespace: "default",
      labels: { "kubernetes.io/service-name": "dns" },
    },
    addressType: family === "ipv4" ? "IPv4" : "IPv6",
    ports: [
      { name: "dns", port: podPort, protocol: "UDP" },
      { name: "dns-tcp", port: podPort, protocol: "TCP" },
    ],
    endpoints: endpoints.map(({ of, fields }) => ({ addresses: [pods[of][family]], nodeName, ...fields })),
  };
}
