import type { NodeProxyConfig } from "../../../crds/api.ts";
import { familyOf, type Cidr, type IpAddress, type IpFamily } from "../../../platform/ip/address.ts";
import { cidrAddress, cidrContains, cidrFamily, parseCidr } from "../../../platform/ip/cidr.ts";
import type { NodeAddresses } from "../node-facts.ts";

const families: readonly IpFamily[] = ["IPv4", "IPv6"];
const loopback = [parseCidr("127.0.0.0/8"), parseCidr("::1/128")];

/**
 * Addresses of the node that accept NodePorts. `primary` is the first address of each family. CIDRs choose among
 * all addresses of the node, family by family; a family without a CIDR accepts on all its addresses, as in kube-proxy.
 * Never loopback addresses: `localhost-node-ports.ts` is about them.
 */
export function nodePortAddresses(
  config: Pick<NodeProxyConfig["nodePorts"], "addresses">,
  addresses: NodeAddresses,
): readonly IpAddress[] {
  const chosen = config.addresses.includes("primary")
    ? families.flatMap((family) => addresses.primary[family] ?? [])
    : addresses.local.filter(isInside(config.addresses.map((text) => parseCidr(text, { lenient: true }))));
  const reachable = chosen.filter((address) => !loopback.some((cidr) => cidrContains(cidr, address)));
  return [...new Set(reachable)];
}

/** Whether the range holds loopback addresses only. */
export function isLoopback(cidr: Cidr): boolean {
  return loopback.some((range) => cidrContains(range, cidrAddress(cidr)));
}

function isInside(cidrs: readonly Cidr[]): (address: IpAddress) => boolean {
  return (address) => {
    const ofFamily = cidrs.filter((cidr) => cidrFamily(cidr) === familyOf(address));
    return ofFamily.length === 0 || ofFamily.some((cidr) => cidrContains(cidr, address));
  };
}
