import { cutText } from "../../platform/text/cut-text.ts";
import type { ServiceName } from "./desired-state.ts";

/**
 * Something a Service or its EndpointSlices ask for that cannot be done. Only that item is left out; the rest is served.
 * All texts are bounded and without control characters, whatever the API object held.
 */
export interface ServiceProblem {
  readonly service: ServiceName;
  /** Field path such as `spec.externalIPs[1]`; in an EndpointSlice it begins with `endpointSlice <name>`. */
  readonly field: string;
  /** The value as JSON, at most 80 characters; undefined where it is not the value that is wrong. */
  readonly value: string | undefined;
  /** What is wrong and what happens instead, at most 300 characters. */
  readonly reason: string;
}

export function serviceProblem(
  service: ServiceName,
  field: string,
  value: unknown,
  reason: string,
): ServiceProblem {
  const json = JSON.stringify(value) ?? "undefined";
  return { service, field, value: printable(json, 80), reason: printable(reason, 300) };
}

/** One whose reason says it all. */
export function plainServiceProblem(service: ServiceName, field: string, reason: string): ServiceProblem {
  return { service, field, value: undefined, reason: printable(reason, 300) };
}

function printable(text: string, maxLength: number): string {
  return cutText(text, maxLength).replaceAll(/\p{C}/gu, "�");
}
