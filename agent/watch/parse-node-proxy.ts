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

/**
 * A NodeProxy as the API server sends it, which has checked its values and filled in what was not set.
 *
 * @throws when settings are missing, as where the CRD is of another version; the agent keeps those it has
 */
export function parseNodeProxy(object: ApiObject): NodeProxy {
  const spec = fieldsOf(fieldsOf(object)["spec"]);
  const config = fieldsOf(spec["config"]);
  const missing = Object.keys(settings).filter((name) => config[name] === undefined);
  if (missing.length > 0 || typeof spec["revision"] !== "string" || typeof spec["node"] !== "object") {
    throw new Error(
      `NodeProxy ${object.metadata.name} lacks settings (${missing.join(", ")}): ` +
        "install the CRDs that belong to this version",
    );
  }
  return object as NodeProxy;
}
