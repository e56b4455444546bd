import type { CommandRunner } from "../../kernel/command.ts";
import type { NftFamily } from "../../kernel/nft-session.ts";
import { tableName } from "./names.ts";

/** Names of what is in our table of one family. */
export interface ObservedTable {
  readonly chains: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly sets: ReadonlySet<string>;
}

/**
 * Reads the names in our table; undefined when there is no such table. Listing costs about a second where the table is big,
 * so only full syncs do it.
 * @throws {CommandError | SyntaxError}
 */
export async function observeTable(
  commands: CommandRunner,
  family: NftFamily,
): Promise<ObservedTable | undefined> {
  const { exitCode, stdout } = await commands.run("nft", ["-j", "-t", "list", "table", family, tableName], {
    timeoutMs: 120_000,
  });
  return exitCode === 0 ? parseTable(stdout) : undefined;
}

/** Whether there is a table of ours in some family; false where nft cannot tell. Reads no more than the names of tables. */
export async function anyTableExists(commands: CommandRunner): Promise<boolean> {
  const { stdout } = await commands.run("nft", ["list", "tables"]);
  return stdout
    .split("\n")
    .some((line) => line === `table ip ${tableName}` || line === `table ip6 ${tableName}`);
}

/** @throws {SyntaxError} when `json` is not what `nft -j list table` prints */
export function parseTable(json: string): ObservedTable {
  const objects = parseNftObjects(json);
  const names = (kind: string): ReadonlySet<string> =>
    new Set(objects.flatMap((object) => nameOf(object, kind) ?? []));
  return { chains: names("chain"), maps: names("map"), sets: names("set") };
}

/** The objects in nft's JSON, each an object with its kind as the only key. */
export function parseNftObjects(json: string): readonly unknown[] {
  const document: unknown = JSON.parse(json);
  const objects = isRecord(document) ? document["nftables"] : undefined;
  if (!Array.isArray(objects)) throw new SyntaxError("nft printed JSON without a list named nftables");
  return objects;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(object: unknown, kind: string): string | undefined {
  const body = isRecord(object) ? object[kind] : undefined;
  const name = isRecord(body) ? body["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}
