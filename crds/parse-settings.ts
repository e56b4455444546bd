import type { NodeProxyConfig } from "./api.ts";
import schemas from "./schemas.json" with { type: "json" };
import type { StructuralSchema } from "./validation/schema.ts";
import { applyDefaults, validateSchema } from "./validation/structural-schema.ts";

const schema: StructuralSchema = schemas.NodeProxy.properties.spec.properties.config;

/**
 * Settings of a node that this or an earlier version has stored, with the defaults of newer fields, as the API server fills
 * them in for a NodeProxy.
 *
 * @returns undefined if they do not satisfy the schema
 */
export function parseSettings(stored: unknown): NodeProxyConfig | undefined {
  const complete = applyDefaults(schema, stored);
  return validateSchema(schema, complete, "config").length === 0 ? (complete as NodeProxyConfig) : undefined;
}
