import { cidrAddress, cidrContains, cidrPrefixLength } from "../../../platform/ip/cidr.ts";
import type { Cidr } from "../../../platform/ip/address.ts";

/** The same addresses as networks that do not overlap: nft refuses overlapping elements of an interval set. */
export function withoutNested(cidrs: readonly Cidr[]): readonly Cidr[] {
  const widestFirst = [...new Set(cidrs)].toSorted(
    (left, right) => cidrPrefixLength(left) - cidrPrefixLength(right) || (left < right ? -1 : 1),
  );
  const kept: Cidr[] = [];
  for (const cidr of widestFirst) {
    if (!kept.some((wider) => cidrContains(wider, cidrAddress(cidr)))) kept.push(cidr);
  }
  return kept;
}
