/** A command, and the program with arguments that runs it: the command itself or a wrapper. */
export interface Invocation {
  readonly command: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** Runs `command` here, or in a named network namespace. */
export function invoke(command: string, args: readonly string[], netns: string | undefined): Invocation {
  return netns === undefined
    ? { command, file: command, args }
    : { command, file: "ip", args: ["netns", "exec", netns, command, ...args] };
}
