import { createHash } from "node:crypto";
import type { JsonObject } from "../json-value.ts";
import type { ResourceType } from "../resources/resource-type.ts";
import { openApiDocument, openApiPath } from "./openapi-document.ts";

/** A document that is ready to send. */
export interface OpenApiText {
  readonly body: string;
  /** Hash of the body; clients cache the document while it is unchanged. */
  readonly hash: string;
}

const builtInTexts = new Map<string, OpenApiText>();

/** `GET /openapi/v3`: the location of each group version's document, with its hash. */
export function openApiIndex(types: readonly ResourceType[]): JsonObject {
  const paths = [...Map.groupBy(types, openApiPath)].map(([path, members]) => {
    const { hash } = openApiText(path, members);
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const;
  });
  return { paths: Object.fromEntries(paths) };
}

/** The document of one group version. Documents of built-in kinds are rendered once. */
export function openApiText(path: string, types: readonly ResourceType[]): OpenApiText {
  const known = builtInTexts.get(path);
  if (known !== undefined) return known;
  const body = JSON.stringify(openApiDocument(types));
  const text = { body, hash: createHash("sha256").update(body).digest("hex").slice(0, 32).toUpperCase() };
  if (!types.some((type) => type.custom)) builtInTexts.set(path, text);
  return text;
}
