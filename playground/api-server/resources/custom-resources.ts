import { arrayAt, objectAt, stringAt, stringsAt, valueAt, without, type JsonValue } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import { builtInSchema } from "../schema/built-in-schemas.ts";
import { parseSchema, type Schema } from "../schema/schema.ts";
import { customColumns } from "../table/custom-columns.ts";
import type { ResourceType, ScalePaths } from "./resource-type.ts";
import { plainStrategy } from "./strategy.ts";

/** The resources that a CustomResourceDefinition defines, one per served version. */
export function customResources(definition: KubeObject): readonly ResourceType[] {
  const spec = objectAt(definition, "spec");
  const versions = arrayAt(spec, "versions").filter((version) => objectAt(version)["served"] === true);
  return versions.map((version) => customResource(definition, version));
}

function customResource(definition: KubeObject, version: JsonValue): ResourceType {
  const spec = objectAt(definition, "spec");
  const names = objectAt(spec, "names");
  const scale = scalePaths(valueAt(version, "subresources", "scale"));
  const hasStatus = valueAt(version, "subresources", "status") !== undefined;
  const schema = withTypeAndMetadata(parseSchema(valueAt(version, "schema", "openAPIV3Schema")));
  return {
    group: stringAt(spec, "group") ?? "",
    version: stringAt(version, "name") ?? "",
    plural: stringAt(names, "plural") ?? "",
    singular: stringAt(names, "singular") ?? "",
    kind: stringAt(names, "kind") ?? "",
    listKind: stringAt(names, "listKind") ?? "",
    namespaced: stringAt(spec, "scope") === "Namespaced",
    shortNames: stringsAt(names, "shortNames"),
    categories: stringsAt(names, "categories"),
    custom: true,
    storedAs: definition.metadata.name,
    schema: () => schema,
    hasStatus,
    ...(scale === undefined ? {} : { scale }),
    selectableFields: arrayAt(version, "selectableFields").map((field) =>
      (stringAt(field, "jsonPath") ?? "").slice(1),
    ),
    columns: customColumns(version),
    strategy: {
      ...plainStrategy,
      tracksGeneration: true,
      requiresResourceVersion: true,
      desiredState: (object) =>
        without(object, "metadata", "apiVersion", "kind", ...(hasStatus ? ["status"] : [])),
    },
  };
}

/** Every object has apiVersion, kind and metadata, regardless of its definition. */
function withTypeAndMetadata(schema: Schema): Schema {
  const meta = builtInSchema("V1ObjectMeta");
  const { apiVersion, kind } = builtInSchema("V1Namespace").properties ?? {};
  return {
    ...schema,
    properties: {
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(kind === undefined ? {} : { kind }),
      ...schema.properties,
      metadata: meta,
    },
  };
}

function scalePaths(scale: JsonValue | undefined): ScalePaths | undefined {
  const path = (name: string): readonly string[] | undefined => stringAt(scale, name)?.split(".").slice(1);
  const specReplicas = path("specReplicasPath");
  const statusReplicas = path("statusReplicasPath");
  if (specReplicas === undefined || statusReplicas === undefined) return undefined;
  return { specReplicas, statusReplicas, selector: path("labelSelectorPath") };
}
