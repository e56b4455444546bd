import {
  clientGateway,
  externalCIDRs,
  fabricGateway,
  serviceCIDRs,
  type AddressPair,
  type NetworkPlan,
  type PlannedNode,
  type PlannedPod,
} from "./network-plan.ts";

/** Lines for `ip -batch` in one namespace; undefined is the namespace of this process. */
export interface IpBatch {
  readonly namespace: string | undefined;
  readonly lines: readonly string[];
}

/** Creates every link directly between its two namespaces, so that no device appears outside of them. */
export function linkCommands({ fabricNamespace, nodes, client }: NetworkPlan): IpBatch {
  const links = [
    veth({ namespace: client.namespace, name: "eth0" }, { namespace: fabricNamespace, name: "client" }),
    ...nodes.flatMap((node) => [
      veth({ namespace: node.namespace, name: "eth0" }, { namespace: fabricNamespace, name: node.name }),
      ...node.pods.map((pod) =>
        veth({ namespace: pod.namespace, name: "eth0" }, { namespace: node.namespace, name: pod.name }),
      ),
    ]),
  ];
  return { namespace: undefined, lines: links };
}

/** Addresses and routes: one batch per namespace. */
export function addressingCommands(plan: NetworkPlan): readonly IpBatch[] {
  return [
    { namespace: plan.fabricNamespace, lines: fabric(plan) },
    { namespace: plan.client.namespace, lines: client(plan) },
    ...plan.nodes.flatMap((own) => [
      { namespace: own.namespace, lines: node(own, plan) },
      ...own.pods.map((its) => ({ namespace: its.namespace, lines: pod(its, own) })),
    ]),
  ];
}

function fabric({ nodes }: NetworkPlan): readonly string[] {
  const [entryNode] = nodes;
  return [
    up("lo"),
    // Without snooping, the bridge floods neighbour solicitations at once, even before a host has joined a group.
    "link add br0 type bridge mcast_snooping 0",
    ...assign("br0", fabricGateway, { ipv4: 24, ipv6: 64 }),
    ...assign("client", clientGateway, { ipv4: 24, ipv6: 64 }),
    up("br0"),
    up("client"),
    ...nodes.flatMap(({ name }) => [`link set ${name} master br0`, up(name)]),
    ...nodes.flatMap(({ podCIDRs, ...address }) => routes(podCIDRs, address)),
    ...(entryNode === undefined
      ? []
      : [...routes(serviceCIDRs, entryNode), ...routes(externalCIDRs, entryNode)]),
  ];
}

function client({ client: { addresses } }: NetworkPlan): readonly string[] {
  return [
    up("lo"),
    ...addresses.flatMap((address) => assign("eth0", address, { ipv4: 24, ipv6: 64 })),
    up("eth0"),
    // Otherwise the kernel would prefer the newest of several IPv6 addresses.
    `route add ${everywhere.ipv4} via ${clientGateway.ipv4} src ${addresses[0].ipv4}`,
    `route add ${everywhere.ipv6} via ${clientGateway.ipv6} src ${addresses[0].ipv6}`,
  ];
}

function node(own: PlannedNode, { nodes }: NetworkPlan): readonly string[] {
  const others = nodes.filter(({ name }) => name !== own.name);
  return [
    up("lo"),
    ...assign("eth0", own, { ipv4: 24, ipv6: 64 }),
    up("eth0"),
    ...routes(everywhere, fabricGateway),
    ...others.flatMap((other) => routes(other.podCIDRs, other)),
    ...own.pods.flatMap(({ name, ipv4, ipv6 }) => [
      ...assign(name, own.podGateway, { ipv4: 32, ipv6: 128 }),
      up(name),
      `route add ${ipv4}/32 dev ${name} src ${own.podGateway.ipv4}`,
      `route add ${ipv6}/128 dev ${name} src ${own.podGateway.ipv6}`,
    ]),
  ];
}

function pod(own: PlannedPod, { podGateway }: PlannedNode): readonly string[] {
  return [
    up("lo"),
    ...assign("eth0", own, { ipv4: 32, ipv6: 128 }),
    up("eth0"),
    `route add ${podGateway.ipv4}/32 dev eth0 scope link`,
    `route add ${podGateway.ipv6}/128 dev eth0`,
    ...routes(everywhere, podGateway),
  ];
}

const everywhere: AddressPair = { ipv4: "0.0.0.0/0", ipv6: "::/0" };

function up(device: string): string {
  return `link set ${device} up`;
}

function assign(
  device: string,
  { ipv4, ipv6 }: AddressPair,
  prefixLength: { readonly ipv4: number; readonly ipv6: number },
): readonly string[] {
  return [
    `addr add ${ipv4}/${prefixLength.ipv4} dev ${device}`,
    `addr add ${ipv6}/${prefixLength.ipv6} dev ${device} nodad`,
  ];
}

function routes(to: AddressPair, via: AddressPair): readonly string[] {
  return [`route add ${to.ipv4} via ${via.ipv4}`, `route add ${to.ipv6} via ${via.ipv6}`];
}

interface LinkEnd {
  readonly namespace: string;
  readonly name: string;
}

function veth(one: LinkEnd, other: LinkEnd): string {
  return `link add ${one.name} netns ${one.namespace} type veth peer name ${other.name} netns ${other.namespace}`;
}
