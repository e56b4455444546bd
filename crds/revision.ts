import { createHash } from "node:crypto";
import type { NodeProxyConfig } from "./api.ts";
import { isJsonObject } from "./validation/json-object.ts";

/**
 * Name of the settings: equal settings have equal names, in every process and version, regardless of the order of their
 * fields. The name is `rev-` and the first 10 hexadecimal digits of a SHA-256.
 */
export function revisionOf(config: NodeProxyConfig): string {
  return `rev-${createHash("sha256").update(canonicalJson(config)).digest("hex").slice(0, 10)}`;
}

/** JSON with the fields of every object sorted and undefined fields omitted. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    isJsonObject(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}
