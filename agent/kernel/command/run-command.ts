import type { FileHandle } from "node:fs/promises";
import { execa } from "execa";
import { errorMessage } from "../../../platform/errors.ts";
import { CommandError, type CommandResult, type RunOptions } from "./command.ts";
import { openInput } from "./input-file.ts";
import type { Invocation } from "./invocation.ts";
import { isMissingInsideNetns, notInstalled } from "./missing-program.ts";

const defaultTimeoutMs = 30_000;
const maxOutputBytes = 512 * 1024 * 1024;

/**
 * Runs a program to its end, with all of its input in a file.
 * @throws {CommandMissingError} when it is not installed
 * @throws {CommandError} when it was killed, timed out or was aborted
 */
export async function runCommand(
  { command, file, args }: Invocation,
  { input, timeoutMs = defaultTimeoutMs, signal, onStdout }: RunOptions,
): Promise<CommandResult> {
  await using inputFile = input === undefined ? undefined : await openInputOf(command, input);
  const child = execa(file, args, {
    // As a stream with a descriptor, which the program reads directly.
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
  if (exitCode !== undefined) return { exitCode, stdout, stderr, durationMs };
  throw new CommandError(command, `${command} was stopped: ${errorMessage(result)}`, { cause: result });
}

async function openInputOf(command: string, input: string): Promise<FileHandle> {
  try {
    return await openInput(input);
  } catch (error) {
    const problem = `the input of ${command} cannot be kept in memory: ${errorMessage(error)}`;
    throw new CommandError(command, problem, { cause: error });
  }
}
