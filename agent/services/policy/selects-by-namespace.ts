import type { NodeProxyConfig } from "../../../crds/api.ts";

/** Whether the labels of Namespaces decide about Services. */
export function selectsByNamespace({ services }: Pick<NodeProxyConfig, "services">): boolean {
  return services.some((rule) => rule.namespaceSelector !== undefined);
}
