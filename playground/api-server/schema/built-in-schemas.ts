import { readModel, type ModelField } from "./client-models.ts";
import { mergeRules } from "./merge-rules.ts";
import { anything, microTime, type Schema } from "./schema.ts";

const schemas = new Map<string, Schema>();

/** Maps whose values are quantities, which may be numbers in JSON. */
const quantityMaps = new Set(["limits", "requests", "capacity", "allocatable", "hard", "used", "overhead"]);

/**
 * Schema of a model of the Kubernetes API, such as `V1Service`. All references to a model share one schema object, so the
 * result can be cyclic.
 */
export function builtInSchema(modelName: string): Schema {
  const known = schemas.get(modelName);
  if (known !== undefined) return known;
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  const model = readModel(modelName);
  const schema: Schema = {
    type: "object",
    ...(model.description === "" ? {} : { description: model.description }),
    properties,
    required,
    component: componentName(modelName),
    ...mergeRules[modelName],
  };
  schemas.set(modelName, schema);
  for (const field of model.fields) {
    properties[field.name] = fieldSchema(modelName, field);
    if (field.required) required.push(field.name);
  }
  return schema;
}

function fieldSchema(modelName: string, field: ModelField): Schema {
  const rules = mergeRules[`${modelName}.${field.name}`];
  const schema = quantityMaps.has(field.name) ? quantityMap(field) : typeSchema(field.type, field.format);
  if (rules === undefined && field.description === "") return schema;
  return { ...schema, ...(field.description === "" ? {} : { description: field.description }), ...rules };
}

function quantityMap(field: ModelField): Schema {
  const schema = typeSchema(field.type, field.format);
  if (typeof schema.additionalProperties !== "object") return schema;
  return { ...schema, additionalProperties: { type: "string", format: "quantity" } };
}

function typeSchema(type: string, format: string): Schema {
  const element = /^Array<(.+)>$/.exec(type)?.[1];
  if (element !== undefined) return { type: "array", items: typeSchema(element, format) };
  const value = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (value !== undefined) return { type: "object", additionalProperties: typeSchema(value, format) };
  switch (type) {
    case "string":
      return format === "" ? { type: "string" } : { type: "string", format };
    case "boolean":
      return { type: "boolean" };
    case "number":
      return format.startsWith("int") ? { type: "integer", format } : { type: "number", format: "double" };
    case "Date":
      return { type: "string", format: "date-time" };
    case "V1MicroTime":
      return { type: "string", format: microTime };
    case "IntOrString":
      return { "x-kubernetes-int-or-string": true, format: "int-or-string" };
    case "any":
      return anything;
    default:
      return builtInSchema(type);
  }
}

/** `V1ServiceSpec` → `io.k8s.api.v1.ServiceSpec`, `EventsV1Event` → `io.k8s.api.events.v1.Event`. */
function componentName(modelName: string): string {
  const parts = /^(?<group>[A-Z][a-z]+)??(?<version>V\d+(?:(?:alpha|beta)\d+)?)(?<name>[A-Z].*)$/.exec(
    modelName,
  )?.groups;
  const path = [parts?.["group"], parts?.["version"], parts?.["name"] ?? modelName];
  return ["io.k8s.api", ...path.slice(0, 2).map((part) => part?.toLowerCase()), path[2]]
    .filter(Boolean)
    .join(".");
}
