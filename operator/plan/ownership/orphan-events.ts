import type { NodeProxy, ProxyConfig } from "../../../crds/api.ts";
import { orphanedLabel } from "../labels.ts";
import type { PlannedEvent } from "../status/plan-events.ts";

/** Events for the NodeProxy of a node that no ProxyConfig selects: one until it is labelled, then none. */
export function orphanEvents(
  { metadata, spec: { configName } }: NodeProxy,
  proxyConfigs: readonly ProxyConfig[],
): readonly PlannedEvent[] {
  if (metadata.labels?.[orphanedLabel] === "true") return [];
  const exists = proxyConfigs.some((proxyConfig) => proxyConfig.metadata.name === configName);
  const message =
    `ProxyConfig ${configName} ${exists ? "no longer selects this node" : "is deleted"} and no other selects it: ` +
    "the node keeps its current settings until one does";
  return [{ type: "Warning", reason: "ConfigOrphaned", message }];
}
