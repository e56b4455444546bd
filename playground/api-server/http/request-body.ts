import type { IncomingMessage } from "node:http";
import { parse as parseYaml } from "yaml";
import { isJsonObject, type JsonObject, type JsonValue } from "../json-value.ts";
import { decodeProtobufObject, protobufMediaType } from "./protobuf-object.ts";
import { badRequest, StatusError, unsupportedMediaType } from "../status-error.ts";

/** Maximum size of a body, as in kube-apiserver. */
const maxBodyBytes = 3 * 1024 * 1024;

const objectTypes = ["application/json", "application/yaml"];

/** Media type of the body without parameters; "" if the request has none. */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/**
 * Reads the body as JSON or YAML, regardless of its media type; `undefined` if it is empty.
 *
 * @throws StatusError 400 if it is neither, 413 if it is too large.
 */
export async function readBody(request: IncomingMessage): Promise<JsonValue | undefined> {
  const text = (await readBytes(request)).toString("utf8");
  return text.trim() === "" ? undefined : parseText(text, mediaTypeOf(request).endsWith("yaml"));
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBodyBytes) {
      throw new StatusError({
        code: 413,
        reason: "RequestEntityTooLarge",
        message: `Request entity too large: limit is ${maxBodyBytes}`,
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function parseText(text: string, isYaml: boolean): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if (isYaml) return parseYamlText(text);
    throw badRequest(`error decoding the body: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseYamlText(text: string): JsonValue {
  try {
    return parseYaml(text) as JsonValue;
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Reads the body of a create or update.
 *
 * @throws StatusError 415 if it is neither JSON nor YAML nor protobuf of a simple kind.
 */
export async function readObject(request: IncomingMessage): Promise<JsonObject> {
  const mediaType = mediaTypeOf(request);
  if (mediaType === protobufMediaType) return decodeProtobufObject(await readBytes(request));
  if (mediaType !== "" && !objectTypes.includes(mediaType)) throw unsupportedMediaType(objectTypes);
  const body = await readBody(request);
  if (!isJsonObject(body)) throw badRequest("the body of the request must be an object");
  return body;
}

/**
 * Reads the DeleteOptions of a DELETE; `undefined` if there are none.
 *
 * @throws StatusError 400 if the body is invalid, 415 for protobuf of a different kind.
 */
export async function readDeleteOptions(request: IncomingMessage): Promise<JsonValue | undefined> {
  if (mediaTypeOf(request) !== protobufMediaType) return readBody(request);
  const body = await readBytes(request);
  return body.length === 0 ? undefined : decodeProtobufObject(body);
}
