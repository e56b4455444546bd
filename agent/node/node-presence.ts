/** What is known about the Node object of this node. */
export type NodePresence =
  /** Not read from the API server yet. */
  | { readonly kind: "unknown" }
  /** There has been none since the agent started. */
  | { readonly kind: "absent" }
  /** `leaving` is why load balancers should avoid it; undefined when they need not. Kept after the Node is deleted. */
  | { readonly kind: "present"; readonly leaving: string | undefined };

/**
 * After a reading of the Node, undefined when there is none. The last known Node is kept: its deletion alone, for
 * example by mistake, does not stop the node from serving. As in kube-proxy.
 */
export function nextPresence(
  before: NodePresence,
  observed: { readonly leaving: string | undefined } | undefined,
): NodePresence {
  if (observed !== undefined) return { kind: "present", leaving: observed.leaving };
  return before.kind === "present" ? before : { kind: "absent" };
}
