import type { ResourceType } from "../resources/resource-type.ts";

/** What can be done with every resource. */
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

/** Subresources of the kind, in the order discovery lists them. */
export function subresourcesOf(type: ResourceType): readonly ("status" | "scale")[] {
  return [
    ...(type.hasStatus ? (["status"] as const) : []),
    ...(type.scale === undefined ? [] : (["scale"] as const)),
  ];
}
