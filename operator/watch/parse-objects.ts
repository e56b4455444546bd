import { apiGroupVersion, type NodeProxy, type ObjectMeta, type ProxyConfig } from "../../crds/api.ts";
import { nodeFactsOf, type V1Node } from "../../crds/node-facts.ts";
import type { ClusterNode } from "../plan/cluster-view.ts";

/** Reads the fields of a v1 Node that the plan needs. */
export function parseNode(object: unknown): ClusterNode {
  const node = object as V1Node;
  const { name, uid = "", labels = {} } = node.metadata;
  return { name, uid, labels, facts: nodeFactsOf(node) };
}

/** A ProxyConfig without the metadata that the plan does not read. */
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

/** A NodeProxy with only the fields that the plan reads, so that thousands of them take little memory. */
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
