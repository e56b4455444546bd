import type { JsonObject } from "../json-value.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { apiVersionOf } from "../registry/decode-object.ts";
import { subresourcesOf, verbs } from "./resource-verbs.ts";

/** Content type of aggregated discovery; clients check its parameters. */
export const aggregatedMediaType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Aggregated discovery (`apidiscovery.k8s.io/v2`) of the core group or of all other groups. */
export function aggregatedDiscovery(types: readonly ResourceType[]): JsonObject {
  const groups = Map.groupBy(types, (type) => type.group);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: [...groups].map(([group, members]) => ({
      metadata: { ...(group === "" ? {} : { name: group }), creationTimestamp: null },
      versions: [...Map.groupBy(members, (type) => type.version)].map(([version, kinds]) => ({
        version,
        resources: kinds.map(resource),
        freshness: "Current",
      })),
    })),
  };
}

function resource(type: ResourceType): JsonObject {
  return {
    resource: type.plural,
    responseKind: responseKind(type),
    scope: type.namespaced ? "Namespaced" : "Cluster",
    singularResource: type.singular,
    verbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(subresourcesOf(type).length === 0
      ? {}
      : { subresources: subresourcesOf(type).map((name) => subresource(type, name)) }),
  };
}

function subresource(type: ResourceType, name: "status" | "scale"): JsonObject {
  const scale = { group: "autoscaling", version: "v1", kind: "Scale" };
  return {
    subresource: name,
    responseKind: name === "scale" ? scale : responseKind(type),
    verbs: ["get", "patch", "update"],
  };
}

function responseKind(type: ResourceType): JsonObject {
  const [version = "", group = ""] = apiVersionOf(type).split("/").toReversed();
  return { group, version, kind: type.kind };
}
