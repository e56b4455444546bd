import type { NodeProxy, NodeProxyConfig } from "../../crds/api.ts";
import type { ApiObject } from "../../platform/kube/api-client.ts";
import { fieldsOf } from "./read-json.ts";

/** The compiler refuses a setting of the API that has no entry here. */
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
      /** It lacks settings, as where the CRD is of another version; the agent keeps those it has. */
      readonly kind: "unusable";
      readonly nodeProxy: Pick<NodeProxy, "metadata" | "status">;
      /** Which fields it lacks and what to do about it, as the end of a sentence without a full stop. */
      readonly reason: string;
    };

export function parseNodeProxy(object: ApiObject): NodeProxyReading {
  const nodeProxy = object as NodeProxy;
  const missing = listMissing(fieldsOf(fieldsOf(object)["spec"]));
  if (missing.length === 0) return { kind: "usable", nodeProxy };
  const reason = `it lacks ${missing.join(", ")}: install the CRDs that belong to this version of the agent`;
  return { kind: "unusable", nodeProxy, reason };
}

function listMissing(spec: ReturnType<typeof fieldsOf>): readonly string[] {
  const { config, revision, node } = spec;
  const present = fieldsOf(config);
  return [
    ...Object.keys(settings)
      .filter((name) => present[name] === undefined)
      .map((name) => `spec.config.${name}`),
    ...(typeof revision === "string" ? [] : ["spec.revision"]),
    ...(typeof node === "object" && node !== null ? [] : ["spec.node"]),
  ];
}
