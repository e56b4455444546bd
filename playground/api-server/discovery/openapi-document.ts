import type { JsonObject } from "../json-value.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import type { Schema } from "../schema/schema.ts";

/** `api/v1` or `apis/GROUP/VERSION`: the name of a group version in the OpenAPI root. */
export function openApiPath(type: Pick<ResourceType, "group" | "version">): string {
  return type.group === "" ? `api/${type.version}` : `apis/${type.group}/${type.version}`;
}

/**
 * OpenAPI v3 of one group version: what kubectl needs for validation on the server (a PATCH with `fieldValidation`), for
 * explaining fields and for finding kinds.
 */
export function openApiDocument(types: readonly ResourceType[]): JsonObject {
  const components = new Map<string, JsonObject>();
  const paths = types.flatMap((type) => pathsOf(type, components));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(paths),
    components: { schemas: Object.fromEntries(components) },
  };
}

function pathsOf(
  type: ResourceType,
  components: Map<string, JsonObject>,
): readonly (readonly [string, JsonObject])[] {
  const name = kindComponent(type);
  components.set(name, {
    ...publishObject(type.schema(), components),
    "x-kubernetes-group-version-kind": [groupVersionKind(type)],
  });
  const collection = `/${openApiPath(type)}${type.namespaced ? "/namespaces/{namespace}" : ""}/${type.plural}`;
  const response = { $ref: `#/components/schemas/${name}` };
  return [
    [collection, { get: operation(type, "list", response), post: operation(type, "post", response) }],
    [
      `${collection}/{name}`,
      {
        get: operation(type, "get", response),
        put: operation(type, "put", response),
        patch: operation(type, "patch", response),
        delete: operation(type, "delete", response),
      },
    ],
  ];
}

const writes = new Set(["post", "put", "patch"]);
const writeParameters = ["dryRun", "fieldManager", "fieldValidation"];

function operation(type: ResourceType, action: string, response: JsonObject): JsonObject {
  const parameters = writes.has(action) ? writeParameters : [];
  return {
    operationId: `${action}${openApiPath(type).replaceAll(/[^A-Za-z0-9]/g, "")}${type.kind}`,
    parameters: parameters.map((name) => ({
      name,
      in: "query",
      schema: { type: "string", uniqueItems: true },
    })),
    responses: { "200": { description: "OK", content: { "application/json": { schema: response } } } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": groupVersionKind(type),
  };
}

function groupVersionKind(type: ResourceType): JsonObject {
  return { group: type.group, version: type.version, kind: type.kind };
}

function kindComponent(type: ResourceType): string {
  const { component } = type.schema();
  if (component !== undefined && !type.custom) return component;
  return [...type.group.split(".").toReversed(), type.version, type.kind].join(".");
}

/** The schema as OpenAPI: shared schemas become components and references to them. */
function publish(schema: Schema, components: Map<string, JsonObject>): JsonObject {
  const { component } = schema;
  if (component === undefined) return publishObject(schema, components);
  if (!components.has(component)) {
    components.set(component, {});
    components.set(component, publishObject(schema, components));
  }
  const reference = { $ref: `#/components/schemas/${component}` };
  const { description } = schema;
  const isOwn = description !== undefined && description !== components.get(component)?.["description"];
  return { allOf: [reference], default: {}, ...(isOwn ? { description } : {}) };
}

function publishObject(schema: Schema, components: Map<string, JsonObject>): JsonObject {
  const { component: _, properties, items, additionalProperties, ...rest } = schema;
  const published =
    properties === undefined
      ? undefined
      : Object.entries(properties).map(([key, value]) => [key, publish(value, components)] as const);
  return {
    ...parseJsonObject(withoutEmptyLists(rest)),
    ...(published === undefined ? {} : { properties: Object.fromEntries(published) }),
    ...(items === undefined ? {} : { items: publish(items, components) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === "object"
              ? publish(additionalProperties, components)
              : additionalProperties,
        }),
  };
}

function withoutEmptyLists(schema: object): object {
  return Object.fromEntries(
    Object.entries(schema).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  );
}

function parseJsonObject(value: object): JsonObject {
  return value as JsonObject;
}
