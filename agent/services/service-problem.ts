import type { ServiceName } from "./desired-state.ts";

/** Something a Service or its EndpointSlices ask for that cannot be done. Only that item is left out; the rest is served. */
export interface ServiceProblem {
  readonly service: ServiceName;
  /** Field path such as `spec.externalIPs[1]`; in an EndpointSlice it begins with `endpointSlice <name>`. */
  readonly field: string;
  /** The value as JSON, at most 80 characters, without control characters. */
  readonly value: string;
  /** What is wrong and what happens instead. */
  readonly reason: string;
}

const longestValue = 80;

/** A {@link ServiceProblem} whose value is fit for logs and status, whatever the API object held. */
export function serviceProblem(
  service: ServiceName,
  field: string,
  value: unknown,
  reason: string,
): ServiceProblem {
  const text = JSON.stringify(value) ?? "undefined";
  const shown = text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
  return { service, field, value: shown, reason };
}
