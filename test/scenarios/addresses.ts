import type { IpFamily } from "../../platform/ip/address.ts";
import { planNetwork, type AddressPair, type PlannedNode } from "../../playground/nodes/network-plan.ts";

/** The network that scenarios play in. Only the names of namespaces depend on the prefix. */
const network = planNetwork("scenario");

export const podNames = ["pod1a", "pod1b", "pod2a", "pod2b", "pod3a", "pod3b"] as const;
export const nodeNames = ["node1", "node2", "node3"] as const;
export type PodName = (typeof podNames)[number];
export type NodeName = (typeof nodeNames)[number];

/** What can answer: a pod, or a node for an endpoint with hostNetwork. */
export type BackendName = PodName | NodeName;

/** Where requests come from. Requests are made to node1, so its pods and itself are local, all others are outside. */
export type SourceName = BackendName | "client" | "client2";

/** Service addresses, one pair for each number from 1 to 99. */
export function clusterIP(number: number): AddressPair {
  return { ipv4: `10.96.1.${number}`, ipv6: `fd00:10:96::1${number}` };
}

export function loadBalancerIP(number: number): AddressPair {
  return { ipv4: `203.0.113.${number}`, ipv6: `2001:db8:f::${number}` };
}

export function externalIP(number: number): AddressPair {
  return { ipv4: `203.0.113.${100 + number}`, ipv6: `2001:db8:f::1:${number}` };
}

export function nodeNamed(name: NodeName): PlannedNode {
  const node = network.nodes.find((node) => node.name === name);
  if (node === undefined) throw new RangeError(`the network has no node ${name}`);
  return node;
}

/** The node that a backend runs on. */
export function nodeOf(backend: BackendName): PlannedNode {
  const node = network.nodes.find(
    ({ name, pods }) => name === backend || pods.some((pod) => pod.name === backend),
  );
  if (node === undefined) throw new RangeError(`the network has no node for ${backend}`);
  return node;
}

/** Address that requests from `source` have, or that `backend` has. */
export function addressOf(source: SourceName): AddressPair {
  if (source === "client") return network.client.addresses[0];
  if (source === "client2") return network.client.addresses[1];
  const node = nodeOf(source);
  return node.pods.find(({ name }) => name === source) ?? node;
}

export function inFamily(pair: AddressPair, family: IpFamily): string {
  return family === "IPv4" ? pair.ipv4 : pair.ipv6;
}

export function bothFamilies({ ipv4, ipv6 }: AddressPair): readonly [string, string] {
  return [ipv4, ipv6];
}
