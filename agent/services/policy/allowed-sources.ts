import { familyOf, type Cidr, type IpFamily } from "../../../platform/ip/address.ts";
import { cidrContains, cidrFamily, cidrPrefixLength, hostCidr } from "../../../platform/ip/cidr.ts";
import type { KeptService } from "../catalog/kept-service.ts";
import type { NodeAddresses } from "../node-facts.ts";

/**
 * Sources that may use the Service's load balancer addresses of a family; undefined allows all: without ranges of the
 * family, and with a /0 range. Where a range holds the node's own primary address, the load balancer
 * addresses are allowed too: a node that has such an address on an interface sends from it.
 */
export function allowedSources(
  service: KeptService,
  family: IpFamily,
  primary: NodeAddresses["primary"],
): readonly Cidr[] | undefined {
  const ranges = service.loadBalancerSourceRanges.filter((range) => cidrFamily(range) === family);
  if (ranges.length === 0 || ranges.some((range) => cidrPrefixLength(range) === 0)) return undefined;
  const nodeAddress = primary[family];
  if (nodeAddress === undefined || !ranges.some((range) => cidrContains(range, nodeAddress))) return ranges;
  const own = service.loadBalancerIPs.filter((address) => familyOf(address) === family).map(hostCidr);
  return [...new Set([...ranges, ...own])];
}
