import type { ProxyConfig } from "../../../crds/api.ts";
import { cutText } from "../../../platform/text/cut-text.ts";
import type { NodeVerdict } from "../nodes/judge-node.ts";
import { nameNodes } from "./name-nodes.ts";
import type { OverriddenNode } from "../ownership/own-nodes.ts";
import { rankFailing } from "./rank-failing.ts";

/** Which nodes are not ready and why: the failing ones, then the waiting ones. */
export function explainNotReady(verdicts: readonly NodeVerdict[]): readonly string[] {
  const waiting = verdicts.filter(({ health }) => health === "waiting");
  const [first] = waiting;
  if (first === undefined) return explainFailing(verdicts);
  const what = waiting.length === 1 ? ` (${first.message})` : ` (${first.node}: ${first.message})`;
  return [...explainFailing(verdicts), `waiting for ${nameNodes(waiting.map(({ node }) => node))}${what}`];
}

/** The worst node in full and the names of the others. */
export function explainFailing(verdicts: readonly NodeVerdict[]): readonly string[] {
  const [worst, ...others] = rankFailing(verdicts);
  if (worst === undefined) return [];
  const more = others.length === 0 ? [] : [`also failing: ${nameNodes(others.map(({ node }) => node))}`];
  return [`${worst.node} ${worst.reason}: ${worst.message}`, ...more];
}

/** Messages of a few nodes in full; an agent's own is short, but the API allows a long one. */
const quotedNodes = 3;
const longestQuote = 512;

/** Which nodes do not serve all Services as specified, and what the first of them report. */
export function explainDegraded(verdicts: readonly NodeVerdict[]): readonly string[] {
  const degraded = verdicts.flatMap(({ node, degraded: message }) =>
    message === undefined ? [] : [{ node, message }],
  );
  if (degraded.length === 0) return [];
  const names = nameNodes(degraded.map(({ node }) => node));
  const quotes = degraded
    .slice(0, quotedNodes)
    .map(({ node, message }) => `${node}: ${cutText(message.replace(/\.$/, ""), longestQuote)}`);
  return [`some Services are not served as specified on ${names} (kubectl describe nodeproxy)`, ...quotes];
}

/** Which selected nodes other ProxyConfigs own, why, and what to do about it. */
export function explainOverridden(loser: ProxyConfig, overridden: readonly OverriddenNode[]): string {
  const winners = [...Map.groupBy(overridden, ({ owner }) => owner)].map(([owner, nodes]) => {
    const { metadata, spec } = owner;
    const names = nameNodes(nodes.map(({ node }) => node));
    return `ProxyConfig ${metadata.name} (priority ${spec.priority}) owns ${names}: ${explainPrecedence(owner, loser)}`;
  });
  return [...winners, "raise spec.priority or narrow spec.nodeSelector"].join("; ");
}

/** Why one ProxyConfig wins the nodes that another selects too, in the order of precedence. */
function explainPrecedence(winner: ProxyConfig, loser: ProxyConfig): string {
  if (winner.spec.priority > loser.spec.priority) return `its priority is higher than ${loser.spec.priority}`;
  return winner.metadata.creationTimestamp === loser.metadata.creationTimestamp
    ? "priority and age are equal and its name sorts first"
    : "its priority is equal and it is older";
}
