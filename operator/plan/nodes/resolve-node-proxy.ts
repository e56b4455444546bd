import { apiGroup, apiGroupVersion, type NodeProxy } from "../../../crds/api.ts";
import type { NodeSettings } from "../../../crds/node-settings.ts";
import type { ClusterNode } from "../cluster-view.ts";

/** Label of a NodeProxy: the ProxyConfig its settings come from, whose name the schema keeps short enough. */
export const configLabel = `${apiGroup}/config`;

/** Label of a NodeProxy, with value "true": no ProxyConfig selects the Node any more; it keeps its last settings. */
export const orphanedLabel = `${apiGroup}/orphaned`;

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
      node: node.facts,
    },
  };
}
