import { groupVersionOf, type Resource } from "./resources.ts";

/**
 * URL path of a collection, of one object, or of its subresource, with each part escaped. Without a namespace, the path of a
 * namespaced resource is that of the collection in all namespaces.
 *
 * @throws {RangeError} if an object of a namespaced resource has no namespace, which is a mistake in our code
 */
export function resourcePath(
  resource: Resource,
  target: {
    readonly namespace?: string | undefined;
    readonly name?: string;
    readonly subresource?: string | undefined;
  } = {},
): string {
  if (resource.namespaced && target.name !== undefined && target.namespace === undefined) {
    throw new RangeError(`${resource.kind} ${JSON.stringify(target.name)} needs a namespace`);
  }
  const parts = [
    resource.group === "" ? "api" : "apis",
    ...groupVersionOf(resource).split("/"),
    ...(resource.namespaced && target.namespace !== undefined ? ["namespaces", target.namespace] : []),
    resource.plural,
    ...(target.name === undefined ? [] : [target.name]),
    ...(target.subresource === undefined ? [] : [target.subresource]),
  ];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}
