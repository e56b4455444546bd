import type { CommandRunner } from "../../kernel/command/command.ts";

/** Version of nft, such as 1.0.6; undefined where it is not installed. */
export async function readNftVersion(commands: CommandRunner): Promise<string | undefined> {
  try {
    const { stdout } = await commands.run("nft", ["--version"]);
    return /\bv(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  } catch {
    // The requirements of the mode say so, with what to install.
    return undefined;
  }
}
