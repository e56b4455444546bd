import type { NodeProxyConfig } from "./api.ts";
import schemas from "./schemas.json" with { type: "json" };
import type { StructuralSchema } from "./validation/schema.ts";
import { applyDefaults, validateSchema } from "./validation/structural-schema.ts";

const schema: StructuralSchema = schemas.NodeProxy.properties.spec.properties.config;

/**
 * Settings of a node that were stored by this or an earlier version, with the defaults of fields that are newer, as the
 * API server fills them in when they reach a NodeProxy.
 *
 * @returns undefined when they do not satisfy the schema
 */
export function parseSettings(stored: unknown): NodeProxyConfig | undefined {
  const complete = applyDefaults(schema, stored);
  return validateSchema(schema, complete, "config").length === 0 ? (complete as NodeProxyConfig) : undefined;
}
