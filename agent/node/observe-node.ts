import type { NodeProxySpec } from "../../crds/api.ts";
import type { ApiObject } from "../../platform/kube/api-client.ts";

/** What the agent reads of its own Node object. */
export interface ObservedNode {
  /** As the operator would put it into the NodeProxy. */
  readonly facts: NodeProxySpec["node"];
  /** Why load balancers should leave the node; undefined when they need not. */
  readonly leaving: string | undefined;
}

interface Node extends ApiObject {
  readonly spec?: {
    readonly podCIDR?: string;
    readonly podCIDRs?: readonly string[];
    readonly taints?: readonly { readonly key: string }[];
  };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

const zoneLabel = "topology.kubernetes.io/zone";
const autoscalerTaint = "ToBeDeletedByClusterAutoscaler";

export function observeNode(object: ApiObject): ObservedNode {
  const node: Node = object;
  const zone = node.metadata.labels?.[zoneLabel];
  return {
    facts: {
      ...(zone === undefined ? {} : { zone }),
      podCIDRs: node.spec?.podCIDRs ?? (node.spec?.podCIDR === undefined ? [] : [node.spec.podCIDR]),
      addresses: [...addressesOf(node, "InternalIP"), ...addressesOf(node, "ExternalIP")],
    },
    leaving: whyLeaving(node),
  };
}

function addressesOf(node: Node, type: string): readonly string[] {
  const addresses = node.status?.addresses ?? [];
  return addresses.filter((entry) => entry.type === type).map(({ address }) => address);
}

function whyLeaving(node: Node): string | undefined {
  if (node.metadata.deletionTimestamp !== undefined) return "the Node is being deleted";
  const tainted = node.spec?.taints?.some(({ key }) => key === autoscalerTaint) ?? false;
  return tainted ? `the Node has the taint ${autoscalerTaint}` : undefined;
}
