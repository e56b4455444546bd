import { nodeFactsOf, type NodeFacts, type V1Node } from "../../crds/node-facts.ts";
import type { ApiObject } from "../../platform/kube/api-client.ts";

/** What the agent reads from its own Node object. */
export interface ObservedNode {
  /** As the operator puts them into the NodeProxy. */
  readonly facts: NodeFacts;
  /** Why load balancers should avoid the node; undefined when they need not. */
  readonly leaving: string | undefined;
}

interface Node extends V1Node {
  readonly spec?: V1Node["spec"] & { readonly taints?: readonly { readonly key: string }[] };
}

const autoscalerTaint = "ToBeDeletedByClusterAutoscaler";

export function observeNode(object: ApiObject): ObservedNode {
  const node: Node = object;
  return { facts: nodeFactsOf(node), leaving: whyLeaving(node) };
}

function whyLeaving(node: Node): string | undefined {
  if (node.metadata.deletionTimestamp !== undefined) return "the Node is being deleted";
  const tainted = node.spec?.taints?.some(({ key }) => key === autoscalerTaint) ?? false;
  return tainted ? `the Node has the taint ${autoscalerTaint}` : undefined;
}
