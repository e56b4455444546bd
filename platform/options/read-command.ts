import type { Inquiry } from "./flag.ts";
import { OptionsError } from "./options-error.ts";

/** For a command line that is not understood, as most programs use it; failures at run time end with 1. */
const usageExitCode = 2;

/** A program as its command line shows it. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly help: string;
}

/**
 * The command that a program is to run. undefined when there is none: `--help` and `--version` are answered on stdout; a
 * command line that is not understood is explained on stderr and makes `process.exitCode` 2.
 */
export function readCommand<Command extends { readonly kind: string }>(
  { name, version, help }: Program,
  parse: () => Command | Inquiry,
): Command | undefined {
  try {
    const command = parse();
    if (!isInquiry(command)) return command;
    process.stdout.write(command.kind === "help" ? help : `${version}\n`);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`${name}: ${error.message}. ${error.hint}\n`);
    process.exitCode = usageExitCode;
  }
  return undefined;
}

function isInquiry(command: { readonly kind: string }): command is Inquiry {
  return command.kind === "help" || command.kind === "version";
}
