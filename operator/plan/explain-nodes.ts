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

/** Which nodes other ProxyConfigs have, and with what priority. */
export function explainOverridden(overridden: readonly OverriddenNode[]): string {
  return [...Map.groupBy(overridden, ({ owner }) => owner)]
    .map(([{ metadata, spec }, nodes]) => {
      const names = nameNodes(nodes.map(({ node }) => node));
      return `ProxyConfig ${metadata.name} (priority ${spec.priority}) has ${names}`;
    })
    .join("; ");
}
