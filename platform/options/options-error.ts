import { TerminalError } from "../errors.ts";

/** A flag, an argument or an environment variable is wrong; the message names it, its value and what is allowed. */
export class OptionsError extends TerminalError {
  override readonly name = "OptionsError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { ...options, hint: "Run with --help to see all flags." });
  }
}
