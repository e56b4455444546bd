import {
  CommandError,
  type CommandResult,
  type CommandRunner,
  type RunOptions,
  type StartOptions,
} from "../../agent/kernel/command/command.ts";

export interface CommandCall {
  readonly command: string;
  readonly args: readonly string[];
  readonly input: string;
}

/** What a fake program prints for one line of input; `end` makes it end after that. */
export interface FakeReply {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly end?: boolean;
}

export interface FakeCommands {
  /** Answers `run`; what is left out is exit code 0 without output. Throwing is a program that cannot run. */
  readonly run?: (call: CommandCall) => Partial<CommandResult>;
  /** Answers each line that is written to a started program. Left out: such programs end at once. */
  readonly reply?: (line: string) => FakeReply;
}

/** A {@link CommandRunner} without processes that remembers what it was asked. */
export class FakeCommandRunner implements CommandRunner {
  readonly calls: CommandCall[] = [];
  /** Lines written to each started program, one array per start. */
  readonly sessions: string[][] = [];
  readonly #commands: FakeCommands;

  constructor(commands: FakeCommands = {}) {
    this.#commands = commands;
  }

  run(command: string, args: readonly string[], options: RunOptions = {}) {
    const call = { command, args, input: options.input ?? "" };
    this.calls.push(call);
    try {
      const result = this.#commands.run?.(call) ?? {};
      const whole = { exitCode: 0, stdout: "", stderr: "", durationMs: 0, ...result };
      if (options.onStdout === undefined) return Promise.resolve(whole);
      for (const piece of whole.stdout.match(/[^]{1,50}/g) ?? []) options.onStdout(piece);
      return Promise.resolve({ ...whole, stdout: "" });
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new CommandError(command, String(error)));
    }
  }

  start(command: string, _args: readonly string[], { onStdout, onStderr }: StartOptions) {
    const lines: string[] = [];
    this.sessions.push(lines);
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const reply = this.#commands.reply;
    if (reply === undefined) resolve(`${command} ended with exit code 1`);
    return {
      ended,
      write(text: string) {
        for (const line of text.split("\n").filter((line) => line !== "")) {
          lines.push(line);
          const { stdout = "", stderr = "", end = false } = reply?.(line) ?? {};
          queueMicrotask(() => {
            if (stderr !== "") onStderr(stderr);
            if (stdout !== "") onStdout(stdout);
            if (end) resolve(`${command} ended with exit code 0`);
          });
        }
      },
      async stop() {
        resolve(`${command} was killed by SIGKILL`);
        await ended;
      },
    };
  }
}
