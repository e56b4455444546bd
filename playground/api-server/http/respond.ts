import type { ServerResponse } from "node:http";
import type { JsonObject } from "../json-value.ts";

/**
 * JSON with escaped line separators in strings: some clients also split streams at U+2028 and U+2029, and kube-apiserver
 * escapes them.
 */
export function renderJson(value: JsonObject): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** Sends the object as the complete answer. */
export function sendJson(
  response: ServerResponse,
  code: number,
  value: JsonObject,
  contentType = "application/json",
): void {
  sendText(response, code, `${renderJson(value)}\n`, contentType);
}

/** Sends the text as the complete answer. */
export function sendText(
  response: ServerResponse,
  code: number,
  text: string,
  contentType = "text/plain; charset=utf-8",
): void {
  const body = Buffer.from(text);
  response.writeHead(code, {
    "Content-Type": contentType,
    "Content-Length": body.length,
    "Cache-Control": "no-cache, private",
  });
  response.end(body);
}
