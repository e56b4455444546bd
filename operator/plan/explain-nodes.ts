import { cutText } from "../../platform/cut-text.ts";
import type { NodeVerdict } from "./judge-node.ts";
import { nameNodes } from "./name-nodes.ts";
import type { OverriddenNode } from "./own-nodes.ts";
import { rankFailing } from "./rank-failing.ts";

/** Parts of a sentence that say which nodes are not ready and why: the failing ones, then those on their way. */
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

/** Messages of a few nodes in full; an agent's own is short, but the API lets it be long. */
const quotedNodes = 3;
const longestQuote = 512;

/** Which nodes do not serve all Services as asked, and what the first of them say about it. */
export function explainDegraded(verdicts: readonly NodeVerdict[]): readonly string[] {
  const degraded = verdicts.flatMap(({ node, degraded: message }) =>
    message === undefined ? [] : [{ node, message }],
  );
  if (degraded.length === 0) return [];
  const names = nameNodes(degraded.map(({ node }) => node));
  const quotes = degraded
    .slice(0, quotedNodes)
    .map(({ node, message }) => `${node}: ${cutText(message.replace(/\.$/, ""), longestQuote)}`);
  return [`not all Services are served as asked on ${names} (kubectl describe nodeproxy)`, ...quotes];
}

/** Which nodes other ProxyConfigs have, and with what priority. */
export function explainOverridden(overridden: readonly OverriddenNode[]): string {
  return [...Map.groupBy(overridden, ({ owner }) => owner)]
    .map(([{ metadata, spec }, nodes]) => {
      const names = nameNodes(nodes.map(({ node }) => node));
      return `ProxyConfig ${metadata.name} (priority ${spec.priority}) has ${names}`;
    })
    .join("; ");
}
