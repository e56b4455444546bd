import type { NodeProxyConfig, NodeProxySpec, ProxyConfig } from "./api.ts";
import { revisionOf } from "./revision.ts";

/** What a node should run, without the facts about the node itself. */
export type NodeSettings = Pick<NodeProxySpec, "configName" | "revision" | "config">;

/** The settings that a ProxyConfig has for each of its nodes. */
export function settingsOf({ metadata, spec }: Pick<ProxyConfig, "metadata" | "spec">): NodeSettings {
  const { nodeSelector: _nodeSelector, priority: _priority, rollout: _rollout, ...config } = spec;
  return { configName: metadata.name, revision: revisionOf(config satisfies NodeProxyConfig), config };
}
