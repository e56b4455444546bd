import type { JsonObject } from "../json-value.ts";
import type { KubeObject } from "../kube-object.ts";
import type { Column } from "./column.ts";

/** What a row carries besides its cells: the query parameter includeObject. */
export type IncludeObject = "None" | "Metadata" | "Object";

/** Renders objects as metav1.Table, which kubectl prints. */
export function renderTable(facts: {
  readonly columns: readonly Column[];
  readonly objects: readonly KubeObject[];
  readonly listMetadata: JsonObject;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}): JsonObject {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: facts.listMetadata,
    columnDefinitions: facts.columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? "",
      description: description ?? "",
      priority: priority ?? 0,
    })),
    rows: facts.objects.map((object) => ({
      cells: facts.columns.map((column) => column.cell(object, facts.nowMs)),
      ...rowObject(object, facts.includeObject),
    })),
  };
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
