import type { NodeProxySpec } from "../../crds/api.ts";
import { makeNodeProxyConfig, type PartialNodeProxyConfig } from "./make-objects.ts";

/** What the operator writes for a node: the schema's defaults where nothing is said. */
export function makeNodeProxySpec({
  revision = "r1",
  config = {},
  node = { podCIDRs: [], addresses: [] },
}: {
  readonly revision?: string;
  readonly config?: PartialNodeProxyConfig;
  readonly node?: NodeProxySpec["node"];
} = {}): NodeProxySpec {
  return { configName: "default", revision, config: makeNodeProxyConfig(config), node };
}
