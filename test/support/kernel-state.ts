import { execa } from "execa";
import { revisionSet } from "../../agent/kernel/nft/nft-revision.ts";
import { isJsonObject, type JsonObject } from "../../crds/validation/json-object.ts";
import { parseNftObjects } from "../../agent/dataplane/nftables/observe.ts";

/** What packets and time write: it differs between two tables that do the same. */
const writtenByPackets = /^(?:aff|mem)-/;
const written = new Set(["handle", "counter", "expires", "packets", "bytes"]);

/**
 * Our tables of both families in a network namespace, one object on each line in an order that says nothing of how they
 * came about: without counters, handles, remembered clients and the revision. A table that is missing has no line.
 */
export async function readKernelState(namespace: string): Promise<readonly string[]> {
  const tables = await Promise.all(["ip", "ip6"].map((family) => readTable(namespace, family)));
  return tables.flat();
}

async function readTable(namespace: string, family: string): Promise<readonly string[]> {
  const args = ["netns", "exec", namespace, "nft", "-j", "list", "table", family, "kubesteer"];
  const { failed, stdout } = await execa("ip", args, { reject: false, maxBuffer: 1e9 });
  return failed ? [] : normaliseTable(stdout);
}

/** @throws {SyntaxError} when `json` is not what `nft -j list table` prints */
export function normaliseTable(json: string): readonly string[] {
  const numberOf = ruleNumbers();
  return parseNftObjects(json)
    .flatMap((object) => (isJsonObject(object) ? Object.entries(object) : []))
    .filter(([kind, body]) => kind !== "metainfo" && isJsonObject(body) && body["name"] !== revisionSet)
    .map(([kind, body]) => (isJsonObject(body) ? describeObject(kind, body, numberOf) : kind))
    .toSorted();
}

function describeObject(kind: string, body: JsonObject, numberOf: (chain: string) => string): string {
  const { elem, ...rest } = body;
  const name = [body["name"], body["chain"]].find((value) => typeof value === "string") ?? "";
  const text = JSON.stringify(withoutWritten(rest));
  if (kind === "rule") return `rule ${name} ${numberOf(name)} ${text}`;
  const elements = writtenByPackets.test(name) ? [] : sortedElements(elem);
  return [`${kind} ${name} ${text}`, ...elements.map((element) => `  ${element}`)].join("\n");
}

/** Numbers the rules of each chain, which keep their order. */
function ruleNumbers(): (chain: string) => string {
  const counts = new Map<string, number>();
  return (chain) => {
    const count = counts.get(chain) ?? 0;
    counts.set(chain, count + 1);
    return String(count).padStart(3, "0");
  };
}

function sortedElements(elements: unknown): readonly string[] {
  return (Array.isArray(elements) ? elements : [])
    .map((element) => JSON.stringify(withoutWritten(element)))
    .toSorted();
}

function withoutWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutWritten(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !written.has(key))
      .map(([key, item]) => [key, withoutWritten(item)]),
  );
}
