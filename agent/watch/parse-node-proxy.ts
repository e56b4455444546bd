import type { NodeProxy } from "../../crds/api.ts";
import type { ApiObject } from "../../platform/kube/api-client.ts";
import { fieldsOf } from "./read-json.ts";

/**
 * A NodeProxy as the API server sends it; its schema has been checked there.
 *
 * @throws when the object has no settings, as from an API server with another version of the schema
 */
export function parseNodeProxy(object: ApiObject): NodeProxy {
  const spec = fieldsOf(fieldsOf(object)["spec"]);
  if (typeof spec["revision"] !== "string" || typeof spec["config"] !== "object" || spec["config"] === null) {
    throw new Error(`NodeProxy ${object.metadata.name} has no spec.revision or spec.config`);
  }
  return object as NodeProxy;
}
