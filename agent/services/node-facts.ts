import type { NodeProxySpec } from "../../crds/api.ts";
import {
  type Cidr,
  type IpAddress,
  type IpFamily,
  familyOf,
  parseIpAddress,
} from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";

/** What the desired state depends on besides the objects of the cluster: the node that it is for. */
export interface NodeFacts {
  readonly name: string;
  /** Label topology.kubernetes.io/zone of the Node. */
  readonly zone: string | undefined;
  readonly podCIDRs: readonly Cidr[];
  readonly addresses: NodeAddresses;
}

export interface NodeAddresses {
  /** First address of each family in NodeProxy spec.node.addresses. */
  readonly primary: Readonly<Record<IpFamily, IpAddress | undefined>>;
  /** All addresses of the node's interfaces, for nodePorts.addresses with CIDRs. */
  readonly local: readonly IpAddress[];
}

/** Joins what the operator says about the node with what the kernel says. Addresses that do not parse are left out. */
export function buildNodeFacts(
  name: string,
  node: NodeProxySpec["node"],
  localAddresses: readonly IpAddress[],
): NodeFacts {
  const addresses = node.addresses.flatMap((text) => parsed(() => parseIpAddress(text, { lenient: true })));
  return {
    name,
    zone: node.zone,
    podCIDRs: node.podCIDRs.flatMap((text) => parsed(() => parseCidr(text, { lenient: true }))),
    addresses: {
      primary: {
        IPv4: addresses.find((address) => familyOf(address) === "IPv4"),
        IPv6: addresses.find((address) => familyOf(address) === "IPv6"),
      },
      local: localAddresses,
    },
  };
}

function parsed<T>(parse: () => T): readonly T[] {
  try {
    return [parse()];
  } catch {
    return [];
  }
}
