import { isJsonObject } from "../../../crds/validation/json-object.ts";
import { tableName } from "./names.ts";
import { parseNftObjects } from "./observe.ts";
import type { AffinityMemory } from "./ruleset.ts";

/** One client's entry in an affinity map, as nft text. */
export interface AffinityEntry {
  readonly key: string;
  readonly endpoint: string;
  readonly expiresSeconds: number;
}

/** What to do with an entry that must not stay as it is. */
export type AffinityCorrection =
  | { readonly kind: "forget"; readonly entry: AffinityEntry }
  | { readonly kind: "shorten"; readonly entry: AffinityEntry; readonly timeoutSeconds: number };

/** Reads what `nft -j list map` prints of an affinity map; entries of an unknown form are left out. */
export function parseAffinityEntries(json: string): readonly AffinityEntry[] {
  return parseNftObjects(json).flatMap((object) => {
    const map = isJsonObject(object) ? object["map"] : undefined;
    return isJsonObject(map) ? parseEntries(map) : [];
  });
}

/** Reads what `nft -j list maps` prints: the entries of those of `names` that are in our table, also where there are none. */
export function parseAffinityMaps(
  json: string,
  names: ReadonlySet<string>,
): ReadonlyMap<string, readonly AffinityEntry[]> {
  return new Map(
    parseNftObjects(json).flatMap((object): readonly [string, readonly AffinityEntry[]][] => {
      const map = isJsonObject(object) ? object["map"] : undefined;
      if (!isJsonObject(map) || map["table"] !== tableName) return [];
      const name = map["name"];
      return typeof name === "string" && names.has(name) ? [[name, parseEntries(map)]] : [];
    }),
  );
}

function parseEntries(map: Readonly<Record<string, unknown>>): readonly AffinityEntry[] {
  const elements = map["elem"];
  return Array.isArray(elements) ? elements.flatMap((element) => parseEntry(element) ?? []) : [];
}

function parseEntry(element: unknown): AffinityEntry | undefined {
  if (!Array.isArray(element)) return undefined;
  const [left, right]: readonly unknown[] = element;
  const body = isJsonObject(left) ? left["elem"] : undefined;
  if (!isJsonObject(body)) return undefined;
  const key = parseTerms(body["val"]);
  const endpoint = parseTerms(right);
  const expires = body["expires"];
  if (key === undefined || endpoint === undefined) return undefined;
  return { key, endpoint, expiresSeconds: typeof expires === "number" ? expires : 0 };
}

/** An address, or terms such as address and port. */
function parseTerms(value: unknown): string | undefined {
  const terms: unknown = isJsonObject(value) ? value["concat"] : [value];
  if (!Array.isArray(terms)) return undefined;
  const isText = terms.every((term) => typeof term === "string" || typeof term === "number");
  return isText ? terms.join(" . ") : undefined;
}

/**
 * Which entries of a map to delete or to shorten: those whose endpoint is no longer usable, and those that would live longer
 * than the current timeout. Entries of frontends outside `memories` go where `unknown` says so.
 */
export function correctEntries(
  entries: readonly AffinityEntry[],
  memories: readonly AffinityMemory[],
  unknown: "keep" | "forget",
): readonly AffinityCorrection[] {
  const byFrontend = new Map(memories.map((memory) => [memory.frontend, memory]));
  return entries.flatMap((entry): readonly AffinityCorrection[] => {
    const memory = byFrontend.get(undefined) ?? byFrontend.get(frontendOf(entry));
    if (memory === undefined) return unknown === "keep" ? [] : [{ kind: "forget", entry }];
    if (!memory.endpoints.has(entry.endpoint)) return [{ kind: "forget", entry }];
    const { timeoutSeconds } = memory;
    return entry.expiresSeconds > timeoutSeconds ? [{ kind: "shorten", entry, timeoutSeconds }] : [];
  });
}

/** The key without the client, its first term. */
function frontendOf({ key }: AffinityEntry): string {
  return key.slice(key.indexOf(" . ") + 3);
}
