import { cutText } from "../../platform/text/cut-text.ts";
import type { ServiceName } from "./desired-state.ts";

/**
 * Something that a Service or its EndpointSlices ask for and do not get. Only that item is left out; the rest is served.
 * All texts are bounded and without control characters, whatever the API object holds.
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

/** A problem that no value of the object explains. */
export function plainServiceProblem(service: ServiceName, field: string, reason: string): ServiceProblem {
  return { service, field, value: undefined, reason: printable(reason, 300) };
}

function printable(text: string, maxLength: number): string {
  return cutText(text, maxLength).replaceAll(/\p{C}/gu, "�");
}
