import { release } from "node:os";
import type { CommandRunner } from "../kernel/command/command.ts";

/** Versions of what the dataplanes stand on. */
export interface ToolVersions {
  /** Kernel release, such as 6.1.0-13-amd64. */
  readonly kernel: string;
  /** Version of nft; undefined where it is not installed. */
  readonly nft: string | undefined;
}

export async function readToolVersions(commands: CommandRunner): Promise<ToolVersions> {
  return { kernel: release(), nft: await readNftVersion(commands) };
}

async function readNftVersion(commands: CommandRunner): Promise<string | undefined> {
  try {
    const { stdout } = await commands.run("nft", ["--version"]);
    return /\bv(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  } catch {
    // The requirements of mode nftables say so, with what to install.
    return undefined;
  }
}
