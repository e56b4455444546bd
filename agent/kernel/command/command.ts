import type { FileHandle } from "node:fs/promises";
import { execa } from "execa";
import type { Logger } from "../../../platform/log.ts";
import { errorMessage, firstLine } from "../../../platform/errors.ts";
import { openInput } from "./input-file.ts";

/** Runs programs of the host. The agent's only door to them; tests put a fake in its place. */
export interface CommandRunner {
  /**
   * Runs a program to its end. A non-zero exit code is a result, not an error.
   * @throws {CommandError} when the program is not installed, was killed, timed out or was aborted
   */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Starts a program that is fed line by line. Never throws: a program that cannot start ends at once. */
  start(command: string, args: readonly string[], options: StartOptions): RunningCommand;
}

export interface RunOptions {
  /** A file with all of it is the standard input, so that the program never takes a part for the whole: see {@link openInput}. */
  readonly input?: string;
  /** @default 30000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Gets the output piece by piece; the result's `stdout` is empty then. For output without a bound. Must not throw. */
  readonly onStdout?: (text: string) => void;
}

export interface StartOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * How the bytes of standard output become text; latin1 makes one character of each byte, for what is no text.
   * @default "utf8"
   */
  readonly encoding?: "utf8" | "latin1";
  readonly onStdout: (text: string) => void;
  readonly onStderr: (text: string) => void;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RunningCommand {
  /** Ignored when the program has ended. */
  write(text: string): void;
  /** Why the program ended, as one sentence. Resolves in every case, also after {@link RunningCommand.stop}. */
  readonly ended: Promise<string>;
  /** Kills the program and waits for its end. */
  stop(): Promise<void>;
}

/** A program could not be run to its end. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly command: string;

  constructor(command: string, problem: string, options?: { readonly cause: unknown }) {
    super(problem, options);
    this.command = command;
  }
}

export interface CommandRunnerOptions {
  /** Runs everything in this named network namespace, for tests and the playground. */
  readonly netns?: string;
  readonly log: Logger;
}

const defaultTimeoutMs = 30_000;
const maxOutputBytes = 512 * 1024 * 1024;

/** Debian packages of the programs that the agent runs. */
const packageOf: Readonly<Record<string, string>> = {
  nft: "nftables",
  ip: "iproute2",
  ss: "iproute2",
  socat: "socat",
  iptables: "iptables",
  "iptables-restore": "iptables",
  "iptables-save": "iptables",
  "ip6tables-restore": "iptables",
  "ip6tables-save": "iptables",
  ipvsadm: "ipvsadm",
  ipset: "ipset",
  conntrack: "conntrack",
  bpftool: "bpftool",
  modprobe: "kmod",
  sysctl: "procps",
};

export function createCommandRunner({ netns, log }: CommandRunnerOptions): CommandRunner {
  const place = (command: string, args: readonly string[]): readonly [string, readonly string[]] =>
    netns === undefined ? [command, args] : ["ip", ["netns", "exec", netns, command, ...args]];

  return {
    async run(command, args, { input, timeoutMs = defaultTimeoutMs, signal, onStdout } = {}) {
      const [file, fileArgs] = place(command, args);
      await using inputFile = input === undefined ? undefined : await openInputOf(command, input);
      const child = execa(file, fileArgs, {
        // As a stream with a descriptor, which the program then reads by itself.
        stdin: inputFile?.createReadStream() ?? "ignore",
        ...(signal === undefined ? {} : { cancelSignal: signal }),
        timeout: timeoutMs,
        reject: false,
        stripFinalNewline: false,
        buffer: { stdout: onStdout === undefined, stderr: true },
        maxBuffer: maxOutputBytes,
        env: { LC_ALL: "C" },
      });
      if (onStdout !== undefined) child.stdout.setEncoding("utf8").on("data", onStdout);
      const result = await child;
      const { exitCode, stdout = "", stderr, durationMs } = result;
      if (result.code === "ENOENT" || isMissingInsideNetns(stderr)) throw notInstalled(command);
      if (result.timedOut) throw new CommandError(command, `${command} did not end within ${timeoutMs} ms`);
      if (exitCode === undefined) {
        throw new CommandError(command, `${command} was stopped: ${errorMessage(result)}`, { cause: result });
      }
      log.debug({ command, args, exitCode, durationMs: Math.round(durationMs) }, "ran a command");
      return { exitCode, stdout, stderr, durationMs };
    },

    start(command, args, { env = {}, encoding = "utf8", onStdout, onStderr }) {
      const [file, fileArgs] = place(command, args);
      const child = execa(file, fileArgs, {
        stdin: "pipe",
        buffer: false,
        reject: false,
        env: { LC_ALL: "C", ...env },
      });
      child.stdout.setEncoding(encoding).on("data", onStdout);
      child.stderr.setEncoding("utf8").on("data", onStderr);
      child.stdin.on("error", () => {}); // A write after the end; `ended` tells about it.
      const ended = child.then((result) => {
        if (result.code === "ENOENT") return notInstalled(command).message;
        return result.isTerminated
          ? `${command} was killed by ${result.signal ?? "a signal"}`
          : `${command} ended with exit code ${result.exitCode ?? "unknown"}`;
      });
      return {
        ended,
        write(text) {
          if (child.stdin.writable) child.stdin.write(text);
        },
        async stop() {
          child.kill("SIGKILL");
          await ended;
        },
      };
    },
  };
}

async function openInputOf(command: string, input: string): Promise<FileHandle> {
  try {
    return await openInput(input);
  } catch (error) {
    const problem = `the input of ${command} cannot be kept in memory: ${errorMessage(error)}`;
    throw new CommandError(command, problem, { cause: error });
  }
}

function notInstalled(command: string): CommandError {
  return new CommandError(
    command,
    `${command} is not installed: apt-get install ${packageOf[command] ?? command}`,
  );
}

/** `ip netns exec` starts and then cannot find the program. */
function isMissingInsideNetns(stderr: string): boolean {
  return /^exec of "[^"]*" failed: No such file or directory/.test(firstLine(stderr));
}
