import type { NodeProxyConfig } from "../../crds/api.ts";
import { assertNever } from "../../platform/assert-never.ts";
import type { Cidr, IpFamily } from "../../platform/ip/address.ts";
import {
  cidrAddress,
  cidrFamily,
  cidrPrefixLength,
  compareAddresses,
  parseCidr,
} from "../../platform/ip/cidr.ts";
import type { DesiredNode, DesiredNodeFamily, LocalDetector } from "./desired-state.ts";
import type { NodeFacts } from "./node-facts.ts";
import { clusterIPMasquerade, unmatchedPolicy } from "./policy/decide-verdicts.ts";

/**
 * What the node needs besides Services, and what is decided for all Services at once.
 *
 * @param serviceCIDRs Ranges of all ServiceCIDR objects, both families, in any order.
 */
export function buildDesiredNode(
  config: Pick<NodeProxyConfig, "localTraffic" | "masqueradeAll">,
  node: Pick<NodeFacts, "podCIDRs">,
  serviceCIDRs: readonly Cidr[],
): DesiredNode {
  const sortedCIDRs = [...new Set(serviceCIDRs)].toSorted(compareCidrs);
  const forFamily = (family: IpFamily): DesiredNodeFamily => {
    const detector = localDetector(config.localTraffic, node.podCIDRs, family);
    return {
      localDetector: detector,
      serviceCIDRs: sortedCIDRs.filter((cidr) => cidrFamily(cidr) === family),
      unmatched: unmatchedPolicy,
      clusterIPMasquerade: clusterIPMasquerade(config, detector),
    };
  };
  return { ipv4: forFamily("IPv4"), ipv6: forFamily("IPv6") };
}

/** Without a value for the family nothing is recognised as local, as in kube-proxy. */
function localDetector(
  { detect, cidrs = [], interface: name }: NodeProxyConfig["localTraffic"],
  podCIDRs: readonly Cidr[],
  family: IpFamily,
): LocalDetector {
  switch (detect) {
    case "NodeCIDR":
      return sourceDetector(podCIDRs, family);
    case "ClusterCIDR":
      return sourceDetector(
        cidrs.map((cidr) => parseCidr(cidr, { lenient: true })),
        family,
      );
    case "BridgeInterface":
      return name === undefined ? { kind: "none" } : { kind: "interface", name };
    case "InterfaceNamePrefix":
      return name === undefined ? { kind: "none" } : { kind: "interfacePrefix", prefix: name };
    default:
      return assertNever(detect);
  }
}

function sourceDetector(cidrs: readonly Cidr[], family: IpFamily): LocalDetector {
  const ofFamily = cidrs.filter((cidr) => cidrFamily(cidr) === family);
  return ofFamily.length === 0 ? { kind: "none" } : { kind: "sourceCIDR", cidrs: ofFamily };
}

function compareCidrs(left: Cidr, right: Cidr): number {
  return (
    compareAddresses(cidrAddress(left), cidrAddress(right)) ||
    cidrPrefixLength(left) - cidrPrefixLength(right)
  );
}
