import { execa } from "execa";
import type { RunningCommand, StartOptions } from "./command.ts";
import type { Invocation } from "./invocation.ts";
import { notInstalled } from "./missing-program.ts";

/** Starts a program that is fed line by line. Never throws: a program that cannot start ends at once. */
export function startCommand(
  { command, file, args }: Invocation,
  { env = {}, encoding = "utf8", onStdout, onStderr }: StartOptions,
): RunningCommand {
  const child = execa(file, args, {
    stdin: "pipe",
    buffer: false,
    reject: false,
    env: { LC_ALL: "C", ...env },
  });
  child.stdout.setEncoding(encoding).on("data", onStdout);
  child.stderr.setEncoding("utf8").on("data", onStderr);
  child.stdin.on("error", () => {}); // A write after the end; `ended` reports it.
  const ended = child.then((result) => describeEnd(command, result));
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
}

/** The part of execa's result of an ended program that the sentence depends on. */
interface End {
  readonly code?: string | undefined;
  readonly isTerminated: boolean;
  readonly signal?: string | undefined;
  readonly exitCode?: number | undefined;
}

function describeEnd(command: string, { code, isTerminated, signal, exitCode }: End): string {
  if (code === "ENOENT") return notInstalled(command).message;
  if (isTerminated) return `${command} was killed by ${signal ?? "a signal"}`;
  return `${command} ended with exit code ${exitCode ?? "unknown"}`;
}
