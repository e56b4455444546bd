import type { NodeProxy, ProxyConfig } from "../../../crds/api.ts";
import type { PlannedEvent } from "../status/plan-events.ts";
import { orphanedLabel } from "../nodes/resolve-node-proxy.ts";

/** What to tell about the NodeProxy of a node that no ProxyConfig selects: something until it is labelled, then no more. */
export function orphanEvent(
  nodeProxy: NodeProxy | undefined,
  proxyConfigs: readonly ProxyConfig[],
): readonly PlannedEvent[] {
  if (nodeProxy === undefined || nodeProxy.metadata.labels?.[orphanedLabel] === "true") return [];
  const { configName } = nodeProxy.spec;
  const exists = proxyConfigs.some(({ metadata }) => metadata.name === configName);
  const message =
    `ProxyConfig ${configName} ${exists ? "no longer selects it" : "is deleted"}, ` +
    "and no other selects this node: its settings stay in force until one does";
  return [{ type: "Warning", reason: "ConfigOrphaned", message }];
}
