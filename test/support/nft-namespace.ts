import { execFileSync } from "node:child_process";
import type { Context } from "mocha";
import type { CommandRunner } from "../../agent/kernel/command/command.ts";
import { createCommandRunner } from "../../agent/kernel/command/command-runner.ts";
import { silentLogger } from "../../platform/log.ts";
import { skipBecause } from "./skip.ts";

/** A network namespace of the test's own, with the real nft and kernel in it. */
export interface NftNamespace {
  readonly name: string;
  readonly commands: CommandRunner;
  /** What nft prints for these arguments. */
  nft(...args: readonly string[]): string;
  remove(): void;
}

let count = 0;

/** Skips the running hook, with the reason, where nft or the right to use it is missing. */
export function createNftNamespace(context: Context): NftNamespace {
  if (process.getuid?.() !== 0) skipBecause(context, "not root: cannot create a network namespace");
  const name = `ksnft${process.pid}x${(count += 1)}`;
  try {
    execFileSync("nft", ["--version"], { stdio: "ignore" });
    execFileSync("ip", ["netns", "add", name], { stdio: "pipe" });
  } catch (error) {
    skipBecause(context, `no nft in a namespace here: ${String(error).split("\n")[0]}`);
  }
  return {
    name,
    commands: createCommandRunner({ netns: name, log: silentLogger }),
    nft: (...args) =>
      execFileSync("ip", ["netns", "exec", name, "nft", ...args], { encoding: "utf8", stdio: "pipe" }),
    remove: () => void execFileSync("ip", ["netns", "del", name], { stdio: "pipe" }),
  };
}
