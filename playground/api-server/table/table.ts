import type { JsonObject, JsonValue } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import { stored } from "../registry/target.ts";
import type { ResourceType } from "../resources/resource-type.ts";

/** Additional content of a row: the query parameter includeObject. */
export type IncludeObject = "None" | "Metadata" | "Object";

/** Renders objects as metav1.Table, which kubectl prints. */
export function renderTable(facts: {
  readonly type: ResourceType;
  readonly objects: readonly KubeObject[];
  readonly listMetadata: JsonObject;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}): JsonObject {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: facts.listMetadata,
    columnDefinitions: facts.type.columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? "",
      description: description ?? "",
      priority: priority ?? 0,
    })),
    rows: facts.objects.map((object) => ({
      cells: cellsOf(object, facts),
      ...rowObject(object, facts.includeObject),
    })),
  };
}

/** Columns use the stored form, which all versions of a kind share. */
function cellsOf(
  object: KubeObject,
  { type, nowMs }: { readonly type: ResourceType; readonly nowMs: number },
): readonly JsonValue[] {
  const source = stored(type, object);
  return type.columns.map((column) => column.cell(source, nowMs));
}

function rowObject(object: KubeObject, include: IncludeObject): JsonObject {
  switch (include) {
    case "None":
      return {};
    case "Object":
      return { object };
    case "Metadata":
      return {
        object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata },
      };
    default:
      return include satisfies never;
  }
}
