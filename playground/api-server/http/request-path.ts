/** The target in the path of a request. */
export type RequestPath =
  | { readonly kind: "resource"; readonly path: ResourcePath }
  | { readonly kind: "discovery"; readonly level: DiscoveryLevel }
  | { readonly kind: "openApi"; readonly path: string | undefined }
  | { readonly kind: "health" }
  | { readonly kind: "version" }
  | { readonly kind: "unknown" };

/** `undefined` if the path omits the part: all namespaces, the collection, the object itself. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** `/api`, `/apis`, `/apis/GROUP`, and `/api/v1` or `/apis/GROUP/VERSION`. */
export type DiscoveryLevel =
  | { readonly kind: "core" }
  | { readonly kind: "groups" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "version"; readonly group: string; readonly version: string };

/** Parses a path as kube-apiserver does. */
export function parseRequestPath(pathname: string): RequestPath {
  const segments = pathname
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeURIComponent);
  const [first, second, third] = segments;
  switch (first ?? "") {
    case "api":
      return second === undefined ? discovery({ kind: "core" }) : versionPath("", second, segments.slice(2));
    case "apis":
      if (second === undefined) return discovery({ kind: "groups" });
      return third === undefined
        ? discovery({ kind: "group", group: second })
        : versionPath(second, third, segments.slice(3));
    case "openapi":
      return second === "v3"
        ? { kind: "openApi", path: segments.slice(2).join("/") || undefined }
        : { kind: "unknown" };
    case "healthz":
    case "livez":
    case "readyz":
      return { kind: "health" };
    case "version":
      return { kind: "version" };
    default:
      return { kind: "unknown" };
  }
}

function discovery(level: DiscoveryLevel): RequestPath {
  return { kind: "discovery", level };
}

function versionPath(group: string, version: string, rest: readonly string[]): RequestPath {
  const [first, second, third] = rest;
  if (first === undefined) return discovery({ kind: "version", group, version });
  const isInside = first === "namespaces" && third !== undefined && !isNamespaceSubresource(third);
  const [plural = "", name, subresource, extra] = isInside ? rest.slice(2) : rest;
  if (extra !== undefined) return { kind: "unknown" };
  return {
    kind: "resource",
    path: { group, version, plural, namespace: isInside ? second : undefined, name, subresource },
  };
}

/** `/namespaces/NAME/status` addresses the namespace, `/namespaces/NAME/pods` its content. */
function isNamespaceSubresource(segment: string): boolean {
  return segment === "status" || segment === "finalize";
}
