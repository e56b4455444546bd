import { isJsonObject } from "../../../crds/validation/json-object.ts";
import { firstLine } from "../../../platform/errors.ts";
import { CommandError, CommandMissingError, type CommandRunner } from "../../kernel/command/command.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import { tableName } from "./names.ts";

/** Names of what is in our table of one family. */
export interface ObservedTable {
  readonly chains: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly sets: ReadonlySet<string>;
}

/**
 * Reads the names in our table; undefined when it is empty or there is none. Asks for each kind by itself, because nft 1.0.6
 * reads all elements when it lists a table, but none for this.
 * @throws {CommandError | SyntaxError}
 */
export async function observeTable(
  commands: CommandRunner,
  family: NftFamily,
): Promise<ObservedTable | undefined> {
  const list = async (kind: ObjectKind): Promise<ReadonlySet<string>> =>
    parseNames(await outputOf(commands, ["-j", "-t", "list", `${kind}s`, family]), kind);
  const [chains, maps, sets] = await Promise.all([list("chain"), list("map"), list("set")]);
  return chains.size + maps.size + sets.size === 0 ? undefined : { chains, maps, sets };
}

async function outputOf(commands: CommandRunner, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await commands.run("nft", args);
  if (exitCode === 0) return stdout;
  throw new CommandError("nft", `nft ${args.join(" ")} fails: ${firstLine(stderr)}`);
}

/**
 * Whether there is a table of ours in some family; false where nft is not installed or cannot tell.
 * @throws {CommandError | SyntaxError}
 */
export async function anyTableExists(commands: CommandRunner): Promise<boolean> {
  try {
    const listings = await Promise.all(
      ["ip", "ip6"].map((family) => commands.run("nft", ["-j", "list", "chains", family])),
    );
    return listings.some(({ exitCode, stdout }) => exitCode === 0 && parseNames(stdout, "chain").size > 0);
  } catch (error) {
    if (error instanceof CommandMissingError) return false;
    throw error;
  }
}

type ObjectKind = "chain" | "map" | "set";

/**
 * The names of one kind in our table.
 * @throws {SyntaxError} when `json` is not what `nft -j list` prints
 */
export function parseNames(json: string, kind: ObjectKind): ReadonlySet<string> {
  return new Set(parseNftObjects(json).flatMap((object) => nameOf(object, kind) ?? []));
}

/** The objects in nft's JSON, each an object with its kind as the only key. */
export function parseNftObjects(json: string): readonly unknown[] {
  const document: unknown = JSON.parse(json);
  const objects = isJsonObject(document) ? document["nftables"] : undefined;
  if (!Array.isArray(objects)) throw new SyntaxError("nft printed JSON without a list named nftables");
  return objects;
}

function nameOf(object: unknown, kind: ObjectKind): string | undefined {
  const body = isJsonObject(object) ? object[kind] : undefined;
  if (!isJsonObject(body) || body["table"] !== tableName) return undefined;
  const name = body["name"];
  return typeof name === "string" ? name : undefined;
}
