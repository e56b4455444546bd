import { type IpAddress, parseIpAddress } from "../../platform/ip/address.ts";
import { maxWeight } from "../scheduling/relative-weights.ts";
import type { LenientReader } from "./lenient-reader.ts";
import { isJsonObject, type JsonObject } from "../../crds/validation/json-object.ts";

/** On an EndpointSlice: a JSON object from addresses of its endpoints to their weights. */
const weightsAnnotation = "kubesteer.dev/endpoint-weights";

const none: ReadonlyMap<IpAddress, number> = new Map();

/**
 * Weights by endpoint address, 0–100. Unreadable entries are noted and left out. An entry for an
 * address without an endpoint is not an error, since endpoints come and go.
 */
export function readEndpointWeights(
  annotations: JsonObject,
  reader: LenientReader,
): ReadonlyMap<IpAddress, number> {
  const value = annotations[weightsAnnotation];
  if (value === undefined) return none;
  const field = `annotation ${weightsAnnotation}`;
  const entries = Object.entries(reader.read(field, value, parseEntries) ?? {});
  return new Map(
    entries.flatMap(([address, weight]) => {
      const entry = reader.read(`${field}[${address}]`, weight, () => parseEntry(address, weight));
      return entry === undefined ? [] : [entry];
    }),
  );
}

function parseEntries(value: unknown): JsonObject {
  const problem = 'must be a JSON object such as {"10.0.0.1": 3, "10.0.0.2": 1}; ignored';
  const parsed = typeof value === "string" ? parseJson(value) : undefined;
  if (!isJsonObject(parsed)) throw new RangeError(problem);
  return parsed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseEntry(address: string, weight: unknown): readonly [IpAddress, number] {
  if (typeof weight !== "number" || !Number.isInteger(weight) || weight < 0 || weight > maxWeight) {
    throw new RangeError(`weight must be an integer in 0–${maxWeight}; ignored`);
  }
  return [parseIpAddress(address), weight];
}
