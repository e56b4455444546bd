import type { ProxyConfigStatus } from "../../../crds/api.ts";
import { cutText } from "../../../platform/text/cut-text.ts";
import type { NodeHealth, NodeVerdict } from "../nodes/judge-node.ts";

type FailingNode = NonNullable<ProxyConfigStatus["failing"]>[number];

/** Longest list of failing nodes in a status. */
export const longestFailingList = 10;

/** Worst first: nodes that cannot serve as specified, nodes that do not, nodes that do not report. */
const severity: Readonly<Record<NodeHealth, number>> = {
  unsupported: 3,
  failed: 2,
  silent: 1,
  waiting: 0,
  ready: 0,
};

/** Whether something is wrong with the node, in contrast to a node that waits. */
export function isFailing({ health }: NodeVerdict): boolean {
  return severity[health] > 0;
}

/** The failing nodes, worst first, then those that fail longest, then by name. */
export function rankFailing(verdicts: readonly NodeVerdict[]): readonly NodeVerdict[] {
  return verdicts.filter(isFailing).toSorted(byBadness);
}

/** A failing node as the status lists it, within the limits of its schema. */
export function failingNode({ node, reason, message, since }: NodeVerdict): FailingNode {
  return {
    node,
    reason: cutText(reason, 128),
    message: cutText(message, 1024),
    ...(since !== undefined && { since }),
  };
}

function byBadness(a: NodeVerdict, b: NodeVerdict): number {
  return (
    severity[b.health] - severity[a.health] ||
    Date.parse(a.since ?? "") - Date.parse(b.since ?? "") ||
    (a.node < b.node ? -1 : 1)
  );
}
