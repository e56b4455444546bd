import { assertNever } from "../../../platform/assert-never.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { LocalDetector } from "../../services/desired-state.ts";
import { withoutNested } from "./cidr-set.ts";
import { quote } from "./quote.ts";

/** A match for packets of this node's pods, for hooks prerouting and output; empty when pods are not recognised. */
export function fromPods(detector: LocalDetector, family: NftFamily): readonly string[] {
  return podMatch(detector, family).map(([field, value]) => `${field} ${value}`);
}

/**
 * Matches for all other packets, including the node's own, for hook postrouting; empty when pods are not recognised.
 *
 * Two kinds of packets have no input interface there: what the node itself sends, and what has come through one port of a
 * bridge and leaves through another, where br_netfilter lets such packets pass our rules: from pod to pod.
 */
export function notFromPods(detector: LocalDetector, family: NftFamily): readonly string[] {
  const others = podMatch(detector, family).map(([field, value]) => `${field} != ${value}`);
  return detector.kind === "interface" || detector.kind === "interfacePrefix"
    ? [...others.map((match) => `iif != 0 ${match}`), "iif 0 fib saddr type local"]
    : others;
}

function podMatch(detector: LocalDetector, family: NftFamily): readonly (readonly [string, string])[] {
  switch (detector.kind) {
    case "sourceCIDR": {
      const cidrs = withoutNested(detector.cidrs).map((cidr) => quote("cidr", cidr, family));
      return cidrs.length === 0 ? [] : [[`${family} saddr`, `{ ${cidrs.join(", ")} }`]];
    }
    case "interface":
      return [["iifname", quote("interface", detector.name)]];
    case "interfacePrefix":
      return [["iifname", quote("interfacePrefix", detector.prefix)]];
    case "none":
      return [];
    default:
      return assertNever(detector);
  }
}
