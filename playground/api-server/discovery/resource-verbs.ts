import type { ResourceType } from "../resources/resource-type.ts";

/** Verbs of every resource. */
export const verbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
] as const;

/** Subresources of the kind, in the order of discovery. */
export function subresourcesOf(type: ResourceType): readonly ("status" | "scale")[] {
  return [
    ...(type.hasStatus ? (["status"] as const) : []),
    ...(type.scale === undefined ? [] : (["scale"] as const)),
  ];
}
