import { apiGroupVersion, type NodeProxy } from "../../../crds/api.ts";
import type { NodeSettings } from "../../../crds/node-settings.ts";
import type { ClusterNode } from "../cluster-view.ts";
import { configLabel, orphanedLabel } from "../labels.ts";

/** The desired NodeProxy of a Node, with only the fields that the operator owns. */
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
