/** Runs programs of the host. The agent runs them only through this interface; tests replace it with a fake. */
export interface CommandRunner {
  /**
   * Runs a program to its end. A non-zero exit code is a result, not an error.
   * @throws {CommandMissingError} when the program is not installed
   * @throws {CommandError} when it was killed, timed out or was aborted
   */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Starts a program that is fed line by line. Never throws: a program that cannot start ends at once. */
  start(command: string, args: readonly string[], options: StartOptions): RunningCommand;
}

export interface RunOptions {
  /** Passed as a complete file, so that the program never takes a part of it for the whole: see `input-file.ts`. */
  readonly input?: string;
  /** @default 30000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Gets the output piece by piece; the result's `stdout` is empty then. For output of unbounded size. Must not throw. */
  readonly onStdout?: (text: string) => void;
}

export interface StartOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * How the bytes of standard output become text; latin1 turns each byte into one character, for binary output.
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

/** The program is not installed. */
export class CommandMissingError extends CommandError {}
