import type { Resource } from "../../../platform/kube/resources.ts";

/** Names the collection of a resource. */
export function collectionOf(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

/** Names an object among all. */
export function idOf(
  resource: Resource,
  { name, namespace }: { readonly name: string; readonly namespace?: string },
): string {
  return `${collectionOf(resource)}/${resource.namespaced ? `${namespace ?? "default"}/` : ""}${name}`;
}

export function isSameResource(left: Resource, right: Resource): boolean {
  return collectionOf(left) === collectionOf(right);
}
