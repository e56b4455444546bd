import { firstLine } from "../../../platform/errors.ts";
import { CommandError, CommandMissingError, type CommandRunner } from "../../kernel/command/command.ts";
import { tableName } from "./names.ts";

/**
 * Removes our tables and nothing else, also those of an earlier process or version. Idempotent: each table is added first,
 * so that deleting it cannot fail. Without nft there are no tables.
 * @throws {CommandError}
 */
export async function removeTables(commands: CommandRunner): Promise<void> {
  const input = ["ip", "ip6"]
    .flatMap((family) => [`add table ${family} ${tableName}`, `delete table ${family} ${tableName}`])
    .join("\n");
  try {
    const { exitCode, stderr } = await commands.run("nft", ["-f", "-"], { input: `${input}\n` });
    if (exitCode === 0) return;
    throw new CommandError("nft", `nft could not delete the tables ${tableName}: ${firstLine(stderr)}`);
  } catch (error) {
    if (!(error instanceof CommandMissingError)) throw error;
  }
}
