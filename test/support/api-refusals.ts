import { ApiError } from "../../platform/kube/api-error.ts";
import type { Resource } from "../../platform/kube/resources.ts";

// The refusals of a real API server that a fake one needs.

export function notFound({ plural }: Resource, name: string): ApiError {
  return new ApiError({ statusCode: 404, reason: "NotFound", message: `${plural} "${name}" not found` });
}

export function alreadyExists({ plural }: Resource, name: string): ApiError {
  const message = `${plural} "${name}" already exists`;
  return new ApiError({ statusCode: 409, reason: "AlreadyExists", message });
}

export function conflict({ plural }: Resource, name: string): ApiError {
  const message = `Operation cannot be fulfilled on ${plural} "${name}": the object has been modified`;
  return new ApiError({ statusCode: 409, reason: "Conflict", message });
}

export function expired(): ApiError {
  return new ApiError({ statusCode: 410, reason: "Expired", message: "too old resource version" });
}

export function streamingListRefused(): ApiError {
  const message = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch";
  return new ApiError({ statusCode: 422, reason: "Invalid", message });
}
