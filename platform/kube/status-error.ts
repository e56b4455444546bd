import type { IncomingHttpHeaders } from "node:http";
import { isJsonObject } from "../../crds/validation/json-object.ts";
import { firstLine } from "../errors.ts";
import { cutText } from "../text/cut-text.ts";
import { ApiError } from "./api-error.ts";

/** The part of metav1.Status that describes an error. */
interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** The error in an HTTP response. The body need not be a Status, because proxies answer too. */
export function errorFromResponse(response: {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}): ApiError {
  const status = parseStatus(response.body);
  const retryAfter = Number(response.headers["retry-after"] ?? Number.NaN);
  return new ApiError({
    statusCode: response.statusCode,
    reason: status?.reason ?? "",
    message: status?.message ?? `HTTP ${response.statusCode}: ${cutText(firstLine(response.body), 200)}`,
    retryAfterSeconds:
      status?.details?.retryAfterSeconds ?? (Number.isFinite(retryAfter) ? retryAfter : undefined),
  });
}

/** The error in the object of a watch event of type ERROR. */
export function errorFromStatus(object: unknown): ApiError {
  const status = asStatus(object);
  return new ApiError({
    statusCode: status?.code ?? 500,
    reason: status?.reason ?? "",
    message: status?.message ?? "the watch reported an error without a message",
    retryAfterSeconds: status?.details?.retryAfterSeconds,
  });
}

function parseStatus(body: string): Status | undefined {
  try {
    return asStatus(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function asStatus(value: unknown): Status | undefined {
  return isJsonObject(value) && value["kind"] === "Status" ? value : undefined;
}
