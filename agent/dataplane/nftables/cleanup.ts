import { firstLine } from "../../../platform/errors.ts";
import { CommandError, type CommandRunner } from "../../kernel/command/command.ts";
import { tableName } from "./names.ts";

/**
 * Removes our tables and nothing else, also those of an earlier process or version. Idempotent: each table is added first,
 * so that deleting it cannot fail.
 * @throws {CommandError}
 */
export async function removeTables(commands: CommandRunner): Promise<void> {
  const input = ["ip", "ip6"]
    .flatMap((family) => [`add table ${family} ${tableName}`, `delete table ${family} ${tableName}`])
    .join("\n");
  const { exitCode, stderr } = await commands.run("nft", ["-f", "-"], { input: `${input}\n` });
  if (exitCode !== 0) {
    throw new CommandError("nft", `nft could not delete the tables ${tableName}: ${firstLine(stderr)}`);
  }
}
