import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../../../platform/log.ts";
import { aggregatedDiscovery, aggregatedMediaType } from "../discovery/aggregated-discovery.ts";
import { coreVersions, groupDocument, groupList, resourceList } from "../discovery/legacy-discovery.ts";
import { openApiPath } from "../discovery/openapi-document.ts";
import { openApiIndex, openApiText } from "../discovery/openapi-index.ts";
import type { JsonObject } from "../json-value.ts";
import { badRequest, StatusError } from "../status-error.ts";
import { acceptsAggregatedDiscovery } from "./accept.ts";
import { handleResource } from "./handle-resource.ts";
import { findReview, handleReview } from "./handle-review.ts";
import { parseRequestPath, type DiscoveryLevel } from "./request-path.ts";
import type { RequestContext } from "./request-context.ts";
import { sendJson, sendText } from "./respond.ts";

/** Kubernetes release whose API this server follows, as reported by `/version`. */
const release = { major: "1", minor: "36", gitVersion: "v1.36.0+kubesteer" };

/** Answers one request; errors become a metav1.Status. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  response.once("error", (error) => context.log.debug({ error, url: request.url }, "client went away"));
  try {
    await route(request, response, context);
  } catch (error) {
    const status = asStatusError(error, context.log);
    if (response.headersSent) response.destroy();
    else sendJson(response, status.code, status.toStatus());
  }
}

function asStatusError(error: unknown, log: Logger): StatusError {
  if (error instanceof StatusError) return error;
  log.error({ error }, "request failed");
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError({
    code: 500,
    reason: "InternalError",
    message: `Internal error occurred: ${message}`,
  });
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  const url = parseUrl(request.url ?? "/");
  const parsed = parseRequestPath(url.pathname);
  switch (parsed.kind) {
    case "resource": {
      const review = findReview(parsed.path);
      if (review !== undefined) return handleReview(review, { request, response, path: parsed.path });
      const type = context.registry.catalog.find(parsed.path.group, parsed.path.version, parsed.path.plural);
      if (type === undefined) return sendText(response, 404, "404 page not found\n");
      return handleResource({ request, response, context, type, path: parsed.path, query: url.searchParams });
    }
    case "discovery":
      return sendDiscovery(parsed.level, { request, response, context });
    case "openApi":
      return sendOpenApi(parsed.path, { request, response, context });
    case "health":
      return sendText(response, 200, "ok");
    case "version":
      return sendJson(response, 200, { ...release, platform: `${process.platform}/${process.arch}` });
    case "unknown":
      return sendText(response, 404, "404 page not found\n");
    default:
      return parsed satisfies never;
  }
}

/** @throws StatusError 400 for an invalid path or a malformed escape. */
function parseUrl(text: string): URL {
  try {
    const url = new URL(`http://localhost${text}`);
    decodeURIComponent(url.pathname);
    return url;
  } catch {
    throw badRequest(`the request path ${JSON.stringify(text)} cannot be read`);
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
}

function sendDiscovery(level: DiscoveryLevel, { request, response, context }: Exchange): void {
  const types = context.registry.catalog.all();
  if (
    acceptsAggregatedDiscovery(request.headers.accept ?? "") &&
    (level.kind === "core" || level.kind === "groups")
  ) {
    const members = types.filter((type) => (type.group === "") === (level.kind === "core"));
    return sendJson(response, 200, aggregatedDiscovery(members), aggregatedMediaType);
  }
  const document = legacyDocument(level, types);
  if (document === undefined) return sendText(response, 404, "404 page not found\n");
  return sendJson(response, 200, document);
}

function legacyDocument(
  level: DiscoveryLevel,
  types: Parameters<typeof groupList>[0],
): JsonObject | undefined {
  switch (level.kind) {
    case "core":
      return coreVersions();
    case "groups":
      return groupList(types);
    case "group":
      return groupDocument(types, level.group);
    case "version":
      return resourceList(types, level.group, level.version);
    default:
      return level satisfies never;
  }
}

function sendOpenApi(path: string | undefined, { request, response, context }: Exchange): void {
  const types = context.registry.catalog.all();
  if (path === undefined) return sendJson(response, 200, openApiIndex(types));
  const members = types.filter((type) => openApiPath(type) === path);
  if (members.length === 0) return sendText(response, 404, "404 page not found\n");
  const { body, hash } = openApiText(path, members);
  response.setHeader("ETag", `"${hash}"`);
  if (request.headers["if-none-match"] === `"${hash}"`) {
    response.writeHead(304).end();
    return;
  }
  sendText(response, 200, body, "application/json");
}
