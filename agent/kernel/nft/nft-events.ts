import { listAttributes, type NetlinkMessage, readAttributes, readText } from "./netlink-messages.ts";
import { revisionSet } from "./nft-revision.ts";
import type { NftFamily } from "./nft-session.ts";

/** The nftables events that the kernel sends, limited to those that the agent needs. */
export type NftEvent = NftChange | NftCommitted;

/** One change to one object. Those of a transaction come together, followed by its {@link NftCommitted}. */
export interface NftChange {
  readonly kind: "change";
  readonly verb: "added" | "deleted";
  readonly family: NftFamily;
  readonly object: NftObject;
  /** The chain of a rule, the set or map of an element, or else the object itself. */
  readonly name: string;
  /** The number of the transaction, where this is its addition to {@link revisionSet}. */
  readonly revision: number | undefined;
}

export type NftObject = "table" | "chain" | "rule" | "set" | "element" | "object" | "flowtable";

/** A transaction took effect. */
export interface NftCommitted {
  readonly kind: "committed";
  /** As seen outside all containers. */
  readonly processId: number;
  /** The program's name, at most 15 characters. */
  readonly processName: string;
}

const families: ReadonlyMap<number, NftFamily> = new Map([
  [2, "ip"],
  [10, "ip6"],
]);

/** linux/netfilter/nf_tables.h, NFT_MSG_…: object and verb, and the attribute with the name. */
const changeTypes: ReadonlyMap<number, readonly [NftObject, NftChange["verb"], number]> = new Map([
  [0, ["table", "added", 1]],
  [2, ["table", "deleted", 1]],
  [3, ["chain", "added", 3]],
  [5, ["chain", "deleted", 3]],
  [6, ["rule", "added", 2]],
  [8, ["rule", "deleted", 2]],
  [9, ["set", "added", 2]],
  [11, ["set", "deleted", 2]],
  [12, ["element", "added", 2]],
  [14, ["element", "deleted", 2]],
  [18, ["object", "added", 2]],
  [20, ["object", "deleted", 2]],
  [22, ["flowtable", "added", 2]],
  [24, ["flowtable", "deleted", 2]],
] as const);

const nftSubsystem = 10;
const generationType = 15;
const familyHeaderLength = 4;
const tableAttribute = 1;
const elementsAttribute = 3;
const elementKeyAttribute = 1;
const dataValueAttribute = 1;
const generationProcessId = 2;
const generationProcessName = 3;

/**
 * Reads one message; undefined when it is of no interest.
 *
 * @param ourTable name of the table whose changes are of interest
 * @throws {NetlinkSyntaxError | RangeError}
 */
export function parseNftEvent({ type, payload }: NetlinkMessage, ourTable: string): NftEvent | undefined {
  if (type >> 8 !== nftSubsystem || payload.length < familyHeaderLength) return undefined;
  const body = payload.subarray(familyHeaderLength);
  if ((type & 0xff) === generationType) return parseCommitted(body);
  const family = families.get(payload.readUInt8(0));
  const changeType = changeTypes.get(type & 0xff);
  if (family === undefined || changeType === undefined) return undefined;
  const [object, verb, nameAttribute] = changeType;
  const attributes = readAttributes(body);
  const table = readText(attributes.get(tableAttribute) ?? Buffer.alloc(0));
  if (table !== ourTable) return undefined;
  const name = readText(attributes.get(nameAttribute) ?? Buffer.alloc(0));
  const isRevision = object === "element" && verb === "added" && name === revisionSet;
  const elements = isRevision ? attributes.get(elementsAttribute) : undefined;
  const revision = elements === undefined ? undefined : readMark(elements);
  return { kind: "change", verb, family, object, name, revision };
}

function parseCommitted(body: Buffer): NftCommitted {
  const attributes = readAttributes(body);
  return {
    kind: "committed",
    processId: attributes.get(generationProcessId)?.readUInt32BE() ?? 0,
    processName: readText(attributes.get(generationProcessName) ?? Buffer.alloc(0)),
  };
}

/** The key of the first of `elements`, in the machine's byte order as marks are. */
function readMark(elements: Buffer): number | undefined {
  const [first] = listAttributes(elements);
  const key = first === undefined ? undefined : readAttributes(first[1]).get(elementKeyAttribute);
  const value = key === undefined ? undefined : readAttributes(key).get(dataValueAttribute);
  return value?.readUInt32LE();
}
