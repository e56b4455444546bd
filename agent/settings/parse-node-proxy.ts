import type { NodeProxy, NodeProxyConfig, NodeProxySpec } from "../../crds/api.ts";
import { isJsonObject } from "../../crds/validation/json-object.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { ApiObject } from "../../platform/kube/api-client.ts";
import type { Clause } from "../../platform/text/clause.ts";
import { buildDesiredNode } from "../services/build-desired-node.ts";
import { buildNodeFacts } from "../services/node-facts.ts";
import { nodePortAddresses } from "../services/addresses/node-port-addresses.ts";
import { fieldsOf } from "../watch/read-json.ts";

/** Compilation fails if a setting of the API has no entry here. */
const settings: Readonly<Record<keyof NodeProxyConfig, true>> = {
  mode: true,
  fallbackModes: true,
  scheduling: true,
  sessionAffinity: true,
  services: true,
  localTraffic: true,
  masqueradeAll: true,
  nodePorts: true,
  conntrack: true,
  sync: true,
  drift: true,
};

/** A NodeProxy as the API server sends it, which has checked its values and filled in what was not set. */
export type NodeProxyReading =
  | { readonly kind: "usable"; readonly nodeProxy: NodeProxy }
  | {
      /** Settings are missing or unknown, for example because the CRD has another version; the agent keeps its current ones. */
      readonly kind: "unusable";
      readonly nodeProxy: Pick<NodeProxy, "metadata" | "status">;
      /** Which fields are missing or wrong and what to do about it. */
      readonly reason: Clause;
    };

export function parseNodeProxy(object: ApiObject): NodeProxyReading {
  const nodeProxy = object as NodeProxy;
  const reason = findSettingsProblem(nodeProxy.spec);
  return reason === undefined ? { kind: "usable", nodeProxy } : { kind: "unusable", nodeProxy, reason };
}

/** Why this version of the agent cannot use settings, and what to do about it; undefined when it can. */
export function findSettingsProblem(spec: NodeProxySpec): Clause | undefined {
  const missing = listMissing(fieldsOf(spec));
  return missing.length > 0
    ? `it lacks ${missing.join(", ")}: install the CRDs that belong to this version of the agent`
    : findUnreadable(spec);
}

/** Fields that the agent parses itself, beyond the checks of the API server. */
const trials: readonly (readonly [field: string, read: (spec: NodeProxySpec) => unknown])[] = [
  ["spec.node", ({ node }) => buildNodeFacts("", node, [])],
  [
    "spec.config.nodePorts",
    ({ node, config }) => nodePortAddresses(config.nodePorts, buildNodeFacts("", node, []).addresses),
  ],
  ["spec.config.localTraffic", ({ config }) => buildDesiredNode(config, { podCIDRs: [] }, [])],
];

function findUnreadable(spec: NodeProxySpec): Clause | undefined {
  for (const [field, read] of trials) {
    try {
      read(spec);
    } catch (error) {
      return `its ${field} cannot be used: ${errorMessage(error)}`;
    }
  }
  return undefined;
}

function listMissing(spec: ReturnType<typeof fieldsOf>): readonly string[] {
  const { config, revision, node } = spec;
  const present = fieldsOf(config);
  return [
    ...Object.keys(settings)
      .filter((name) => present[name] === undefined)
      .map((name) => `spec.config.${name}`),
    ...(typeof revision === "string" ? [] : ["spec.revision"]),
    ...(isJsonObject(node) ? [] : ["spec.node"]),
  ];
}
