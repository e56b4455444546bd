import { errorMessage, firstLine } from "../../../platform/errors.ts";
import { CommandError, type CommandRunner } from "../../kernel/command/command.ts";

interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** `typeof` maps whose key has an expression such as numgen. */
const minNft: Version = { major: 1, minor: 0, patch: 1 };
/** Sets with many-field keys and verdict maps in nat hooks as the layout uses them; kube-proxy's floor for nftables too. */
const minKernel: Version = { major: 5, minor: 13, patch: 0 };

/** Exercises each kernel feature that the layout needs; never applied. */
const trial = [
  "add table ip kubesteer-check",
  "add map ip kubesteer-check eps { typeof ip daddr . tcp dport . numgen random mod 1 : ip daddr . tcp dport; }",
  "add map ip kubesteer-check svc { typeof ip daddr . meta l4proto . th dport : verdict; }",
  "add set ip kubesteer-check allow { typeof ip daddr . ip saddr; flags interval; }",
  "add chain ip kubesteer-check pre { type nat hook prerouting priority -100; }",
  "add chain ip kubesteer-check post { type nat hook postrouting priority 100; }",
  "add rule ip kubesteer-check pre dnat ip to ip daddr . tcp dport . jhash ip saddr mod 2 seed 1 map @eps",
  "add rule ip kubesteer-check pre fib saddr type local ip daddr . meta l4proto . th dport vmap @svc",
  "add rule ip kubesteer-check pre reject",
  "add rule ip kubesteer-check post ct status dnat masquerade fully-random",
];

/** What this node lacks for the mode, each as one sentence that says how to get it. Changes nothing. */
export async function missingRequirements(commands: CommandRunner): Promise<readonly string[]> {
  try {
    const nft = await outputOf(commands, "nft", ["--version"]);
    const kernel = await outputOf(commands, "uname", ["-r"]);
    const tooOld = [
      ...olderThan(
        nft,
        minNft,
        (have, want) => `nft ${have} is older than ${want}: apt-get install nftables`,
      ),
      ...olderThan(
        kernel,
        minKernel,
        (have, want) => `kernel ${have} is older than ${want}: upgrade the node`,
      ),
    ];
    return tooOld.length > 0 ? tooOld : await refusedTrial(commands);
  } catch (error) {
    if (error instanceof CommandError) return [error.message];
    throw error;
  }
}

async function refusedTrial(commands: CommandRunner): Promise<readonly string[]> {
  const { exitCode, stderr } = await commands.run("nft", ["--check", "-f", "-"], {
    input: `${trial.join("\n")}\n`,
  });
  if (exitCode === 0) return [];
  if (/Operation not permitted|must be root/i.test(stderr)) {
    return ["nft may not change the ruleset: run as root or with CAP_NET_ADMIN"];
  }
  return [
    `the kernel refuses a trial ruleset (${reasonOf(stderr)}): load the modules nf_tables, nft_nat, nft_masq, nft_fib and nft_numgen`,
  ];
}

function reasonOf(stderr: string): string {
  return firstLine(stderr.replace(/^[^\n]*Error: /, ""));
}

async function outputOf(commands: CommandRunner, command: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await commands.run(command, args);
  if (exitCode !== 0)
    throw new CommandError(command, `${command} ${args.join(" ")} fails: ${firstLine(stderr)}`);
  return stdout;
}

function olderThan(
  output: string,
  wanted: Version,
  sentence: (have: string, want: string) => string,
): readonly string[] {
  const have = parseVersion(output);
  if (have !== undefined && compareVersions(have, wanted) >= 0) return [];
  const found =
    have === undefined ? `version ${JSON.stringify(errorMessage(firstLine(output)))}` : formatVersion(have);
  return [sentence(found, formatVersion(wanted))];
}

/** The first `1.2` or `1.2.3` in a program's output. */
export function parseVersion(text: string): Version | undefined {
  const [, major, minor, patch] = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return major === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor), patch: Number(patch ?? "0") };
}

function compareVersions(left: Version, right: Version): number {
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch;
}

function formatVersion({ major, minor, patch }: Version): string {
  return `${major}.${minor}.${patch}`;
}
