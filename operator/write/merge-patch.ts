import { isDeepStrictEqual } from "node:util";
import { isJsonObject } from "../../crds/validation/json-object.ts";

/** The JSON merge patch (RFC 7386) that turns one value into another, as little of it as possible; neither has a null. */
export function mergePatchBetween(from: object, to: object): object {
  const target = new Map<string, unknown>(Object.entries(to));
  const removals = Object.keys(from)
    .filter((key) => !target.has(key))
    .map((key): [string, unknown] => [key, null]);
  const source = new Map<string, unknown>(Object.entries(from));
  const changes = [...target]
    .filter(([key, value]) => !isDeepStrictEqual(source.get(key), value))
    .map(([key, value]): [string, unknown] => [key, patchFor(source.get(key), value)]);
  return Object.fromEntries([...removals, ...changes]);
}

function patchFor(from: unknown, to: unknown): unknown {
  return isJsonObject(from) && isJsonObject(to) ? mergePatchBetween(from, to) : to;
}
