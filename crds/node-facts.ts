import { isIP } from "node:net";
import type { NodeProxySpec, ObjectMeta } from "./api.ts";

/** Facts about a node that its dataplane needs, as stored in a NodeProxy. */
export type NodeFacts = NodeProxySpec["node"];

/** The part of a v1 Node that contains these facts, as the API server sends it. */
export interface V1Node {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

const zoneLabel = "topology.kubernetes.io/zone";

/** Limits of the schema of a NodeProxy. */
const maxPodCIDRs = 8;
const maxAddresses = 16;

/** Facts about a v1 Node: zone, pod CIDRs, and InternalIP, then ExternalIP addresses without repetition. */
export function nodeFactsOf({ metadata, spec, status }: V1Node): NodeFacts {
  const zone = metadata.labels?.[zoneLabel];
  const addressesOf = (type: string) =>
    (status?.addresses ?? []).filter((entry) => entry.type === type).map(({ address }) => address);
  const addresses = [...addressesOf("InternalIP"), ...addressesOf("ExternalIP")];
  return {
    ...(zone && { zone }),
    podCIDRs: (spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])).slice(0, maxPodCIDRs),
    addresses: [...new Set(addresses)].filter((address) => isIP(address) !== 0).slice(0, maxAddresses),
  };
}
