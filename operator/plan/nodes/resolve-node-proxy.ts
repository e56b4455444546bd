import {
  apiGroup,
  apiGroupVersion,
  type NodeProxy,
  type NodeProxyConfig,
  type NodeProxySpec,
  type ProxyConfig,
} from "../../../crds/api.ts";
import type { ClusterNode } from "../cluster-view.ts";
import { revisionOf } from "../../../crds/revision.ts";

/** Label of a NodeProxy: the ProxyConfig its settings come from, whose name the schema keeps short enough. */
export const configLabel = `${apiGroup}/config`;

/** Label of a NodeProxy, with value "true": no ProxyConfig selects the Node any more; it keeps its last settings. */
export const orphanedLabel = `${apiGroup}/orphaned`;

/** What a node should run, without the facts about the node itself. */
export type NodeSettings = Pick<NodeProxySpec, "configName" | "revision" | "config">;

/** The settings that a ProxyConfig has for each of its nodes. */
export function settingsOf({ metadata, spec }: ProxyConfig): NodeSettings {
  const { nodeSelector: _nodeSelector, priority: _priority, rollout: _rollout, ...config } = spec;
  return { configName: metadata.name, revision: revisionOf(config satisfies NodeProxyConfig), config };
}

/** The NodeProxy of a Node as it should be, with the fields that are the operator's and no others. */
export function resolveNodeProxy(
  node: ClusterNode,
  settings: NodeSettings,
  { orphaned }: { readonly orphaned: boolean },
): NodeProxy {
  return {
    apiVersion: apiGroupVersion,
    kind: "NodeProxy",
    metadata: {
      name: node.name,
      labels: {
        [configLabel]: settings.configName,
        ...(orphaned && { [orphanedLabel]: "true" }),
      },
      ownerReferences: [{ apiVersion: "v1", kind: "Node", name: node.name, uid: node.uid }],
    },
    spec: {
      configName: settings.configName,
      revision: settings.revision,
      config: settings.config,
      node: {
        ...(node.zone !== undefined && { zone: node.zone }),
        podCIDRs: node.podCIDRs,
        addresses: node.addresses,
      },
    },
  };
}
