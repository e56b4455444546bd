import type { JsonObject } from "../json-value.ts";
import { apiVersionOf } from "../registry/decode-object.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { subresourcesOf, verbs } from "./resource-verbs.ts";

/** `GET /api` for clients that do not request the aggregated form. */
export function coreVersions(): JsonObject {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [],
  };
}

/** `GET /apis` for clients that do not request the aggregated form. */
export function groupList(types: readonly ResourceType[]): JsonObject {
  const groups = [...new Set(types.map((type) => type.group).filter((group) => group !== ""))];
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map((group) => groupEntry(types, group)) };
}

/** `GET /apis/G`; `undefined` if the group does not exist. */
export function groupDocument(types: readonly ResourceType[], group: string): JsonObject | undefined {
  if (!types.some((type) => type.group === group)) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(types, group) };
}

function groupEntry(types: readonly ResourceType[], group: string): JsonObject {
  const names = [...new Set(types.filter((type) => type.group === group).map((type) => type.version))];
  const versions = names.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] ?? {} };
}

/** `GET /api/v1` and `GET /apis/G/V`; `undefined` if the version is not served. */
export function resourceList(
  types: readonly ResourceType[],
  group: string,
  version: string,
): JsonObject | undefined {
  const served = types.filter((type) => type.group === group && type.version === version);
  const [first] = served;
  if (first === undefined) return undefined;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: apiVersionOf(first),
    resources: served.flatMap(entries),
  };
}

function entries(type: ResourceType): readonly JsonObject[] {
  const { plural, singular, namespaced, kind, shortNames, categories } = type;
  const main: JsonObject = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  const subresources = subresourcesOf(type).map((name) => ({
    name: `${plural}/${name}`,
    singularName: "",
    namespaced,
    ...(name === "scale" ? { group: "autoscaling", version: "v1", kind: "Scale" } : { kind }),
    verbs: ["get", "patch", "update"],
  }));
  return [main, ...subresources];
}
