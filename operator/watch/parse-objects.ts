import { isIP } from "node:net";
import { apiGroupVersion, type NodeProxy, type ObjectMeta, type ProxyConfig } from "../../crds/api.ts";
import type { ApiObject } from "../../platform/kube/api-client.ts";
import type { ClusterNode } from "../plan/cluster-view.ts";

const zoneLabel = "topology.kubernetes.io/zone";

/** As many as a NodeProxy holds. */
const maxPodCIDRs = 8;
const maxAddresses = 16;

interface V1Node extends ApiObject {
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** What the plan needs of a v1 Node as the API server sends it. */
export function parseNode(object: unknown): ClusterNode {
  const { metadata, spec, status } = object as V1Node;
  const addressesOf = (type: string) =>
    (status?.addresses ?? []).filter((entry) => entry.type === type).map(({ address }) => address);
  const addresses = [...addressesOf("InternalIP"), ...addressesOf("ExternalIP")];
  return {
    name: metadata.name,
    uid: metadata.uid ?? "",
    labels: metadata.labels ?? {},
    zone: metadata.labels?.[zoneLabel] || undefined,
    podCIDRs: (spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])).slice(0, maxPodCIDRs),
    addresses: [...new Set(addresses)].filter((address) => isIP(address) !== 0).slice(0, maxAddresses),
  };
}

/** A ProxyConfig without the metadata that nobody reads. */
export function parseProxyConfig(object: unknown): ProxyConfig {
  const { metadata, spec, status } = object as ProxyConfig;
  return {
    apiVersion: apiGroupVersion,
    kind: "ProxyConfig",
    metadata: trimMetadata(metadata),
    spec,
    ...(status !== undefined && { status }),
  };
}

/** A NodeProxy without what the plan does not look at, so that thousands of them take little memory. */
export function parseNodeProxy(object: unknown): NodeProxy {
  const { metadata, spec, status } = object as NodeProxy;
  const trimmed = {
    apiVersion: apiGroupVersion,
    kind: "NodeProxy",
    metadata: trimMetadata(metadata),
    spec,
  } as const;
  if (status === undefined) return trimmed;
  const { observedRevision, runningMode, fallbackReason, heartbeatAt, conditions } = status;
  return {
    ...trimmed,
    status: {
      ...(observedRevision !== undefined && { observedRevision }),
      ...(runningMode !== undefined && { runningMode }),
      ...(fallbackReason !== undefined && { fallbackReason }),
      ...(heartbeatAt !== undefined && { heartbeatAt }),
      ...(conditions !== undefined && { conditions }),
    },
  };
}

function trimMetadata({
  name,
  uid,
  generation,
  creationTimestamp,
  deletionTimestamp,
  labels,
  ownerReferences,
}: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(uid !== undefined && { uid }),
    ...(generation !== undefined && { generation }),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(labels !== undefined && { labels }),
    ...(ownerReferences !== undefined && { ownerReferences }),
  };
}
