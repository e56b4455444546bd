import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../../kernel/command/command.ts";
import type { NftFamily, NftSession } from "../../kernel/nft/nft-session.ts";
import {
  correctEntries,
  parseAffinityEntries,
  parseAffinityMaps,
  type AffinityCorrection,
  type AffinityEntry,
} from "./affinity-entries.ts";
import { tableName } from "./names.ts";
import type { AffinityMemory } from "./ruleset.ts";

export interface PurgeDeps {
  readonly family: NftFamily;
  readonly commands: CommandRunner;
  readonly session: NftSession;
  readonly log: Logger;
}

const maxAttempts = 3;
const correctionsPerTransaction = 1000;
/** More maps are listed together, which also reads the endpoints of all Services. */
const mapsListedOneByOne = 20;

/**
 * Makes the affinity maps forget what `memories` no longer allow. To be called after the commit that removed the endpoints,
 * so that packets cannot record them again. Costs a listing of each map concerned, or one of all maps.
 */
export async function purgeAffinity(
  deps: PurgeDeps,
  memories: readonly AffinityMemory[],
  unknown: "keep" | "forget",
): Promise<void> {
  const maps = Map.groupBy(memories, ({ map }) => map);
  const listed = maps.size > mapsListedOneByOne ? await listMaps(deps, new Set(maps.keys())) : undefined;
  for (const [map, memoriesOfMap] of maps) {
    await purgeMap(deps, map, memoriesOfMap, unknown, listed?.get(map));
  }
}

async function purgeMap(
  deps: PurgeDeps,
  map: string,
  memories: readonly AffinityMemory[],
  unknown: "keep" | "forget",
  listed: readonly AffinityEntry[] | undefined,
): Promise<void> {
  const { family, session, log } = deps;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const entries = attempt === 1 && listed !== undefined ? listed : await listEntries(deps, map);
    const corrections = correctEntries(entries, memories, unknown);
    let refused: string | undefined;
    for (let start = 0; start < corrections.length; start += correctionsPerTransaction) {
      const commands = corrections
        .slice(start, start + correctionsPerTransaction)
        .flatMap((correction) => renderCorrection(family, map, correction));
      const result = await session.commit({ family, commands });
      if (result.kind === "refused") refused = result.reason;
    }
    if (refused === undefined) return;
    // A client got another endpoint between the listing and the commit.
    log.debug({ map, attempt, reason: refused }, "affinity changed while it was purged");
  }
  log.warn({ map }, "some clients may keep an endpoint that is gone until their affinity expires");
}

/** Without the maps that cannot be listed. */
async function listMaps(
  { commands, family }: PurgeDeps,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly AffinityEntry[]>> {
  const { exitCode, stdout } = await commands.run("nft", ["-j", "list", "maps", family]);
  return exitCode === 0 ? parseAffinityMaps(stdout, names) : new Map();
}

async function listEntries({ commands, family }: PurgeDeps, map: string) {
  const { exitCode, stdout } = await commands.run("nft", ["-j", "list", "map", family, tableName, map]);
  return exitCode === 0 ? parseAffinityEntries(stdout) : [];
}

/** Adding the entry first makes the deletion succeed also where the entry has just expired. */
function renderCorrection(family: NftFamily, map: string, correction: AffinityCorrection): readonly string[] {
  const { key, endpoint } = correction.entry;
  const target = `${family} ${tableName} ${map}`;
  const forget = [
    `add element ${target} { ${key} timeout 5s : ${endpoint} }`,
    `delete element ${target} { ${key} }`,
  ];
  return correction.kind === "forget"
    ? forget
    : [...forget, `add element ${target} { ${key} timeout ${correction.timeoutSeconds}s : ${endpoint} }`];
}
