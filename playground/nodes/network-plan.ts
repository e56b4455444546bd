/**
 * Names, addresses and routes of the playground's network. One plan per prefix; this file does not change the machine.
 *
 *   client ── fabric ─┬─ node1 ─┬─ pod1a      fabric: router in the middle, a bridge for the nodes' network
 *                     │         └─ pod1b      node → pod: one routed link per pod, as the ptp CNI plugin makes them
 *                     ├─ node2 … (zone-a)
 *                     └─ node3 … (zone-b)     service addresses are routed from the outside to node1
 */

/** Addresses of one host in both IP families, in canonical text. */
export interface AddressPair {
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface PlannedPod extends AddressPair {
  readonly name: string;
  readonly nodeName: string;
  readonly namespace: string;
}

export interface PlannedNode extends AddressPair {
  readonly name: string;
  readonly namespace: string;
  /** Value of label topology.kubernetes.io/zone. */
  readonly zone: string;
  readonly podCIDRs: AddressPair;
  /** The node's address on each link to a pod: the pods' gateway. */
  readonly podGateway: AddressPair;
  readonly pods: readonly PlannedPod[];
}

export interface NetworkPlan {
  readonly prefix: string;
  readonly fabricNamespace: string;
  readonly nodes: readonly PlannedNode[];
  /** A machine outside the cluster with two addresses per IP family. */
  readonly client: { readonly namespace: string; readonly addresses: readonly [AddressPair, AddressPair] };
}

/** Service ranges of the playground's cluster. */
export const serviceCIDRs: AddressPair = { ipv4: "10.96.0.0/16", ipv6: "fd00:10:96::/112" };

/** Range for load balancer and external IPs. */
export const externalCIDRs: AddressPair = { ipv4: "203.0.113.0/24", ipv6: "2001:db8:f::/64" };

/** The fabric's address in the nodes' network. */
export const fabricGateway: AddressPair = { ipv4: "192.0.2.1", ipv6: "2001:db8::1" };

/** The fabric's address on the client's link. */
export const clientGateway: AddressPair = { ipv4: "198.51.100.1", ipv6: "2001:db8:c::1" };

const zones = ["zone-a", "zone-a", "zone-b"];

/** @throws RangeError if a namespace name cannot start with `prefix`. */
export function planNetwork(prefix: string): NetworkPlan {
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(prefix)) {
    throw new RangeError(
      `prefix must be 1 to 32 lower-case letters, digits or dashes and start with a letter, got "${prefix}"`,
    );
  }
  return {
    prefix,
    fabricNamespace: `${prefix}-fabric`,
    nodes: zones.map((zone, index) => planNode(prefix, index + 1, zone)),
    client: {
      namespace: `${prefix}-client`,
      addresses: [
        { ipv4: "198.51.100.10", ipv6: "2001:db8:c::10" },
        { ipv4: "198.51.100.11", ipv6: "2001:db8:c::11" },
      ],
    },
  };
}

/** Every namespace of the plan. */
export function namespacesOf(plan: NetworkPlan): readonly string[] {
  return [
    plan.fabricNamespace,
    plan.client.namespace,
    ...plan.nodes.flatMap(({ namespace, pods }) => [namespace, ...pods.map((pod) => pod.namespace)]),
  ];
}

function planNode(prefix: string, number: number, zone: string): PlannedNode {
  const name = `node${number}`;
  return {
    name,
    namespace: `${prefix}-${name}`,
    zone,
    ipv4: `192.0.2.1${number}`,
    ipv6: `2001:db8::1${number}`,
    podCIDRs: { ipv4: `10.244.${number}.0/24`, ipv6: `fd00:10:244:${number}::/64` },
    podGateway: { ipv4: `10.244.${number}.1`, ipv6: `fd00:10:244:${number}::1` },
    pods: ["a", "b"].map((letter, index) => ({
      name: `pod${number}${letter}`,
      nodeName: name,
      namespace: `${prefix}-pod${number}${letter}`,
      ipv4: `10.244.${number}.1${index}`,
      ipv6: `fd00:10:244:${number}::1${index}`,
    })),
  };
}
