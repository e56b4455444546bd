import type { Clause } from "./text/clause.ts";

/**
 * An error that a retry cannot fix: a user has to change something first. It ends a program; a controller turns it into a
 * condition. Every other error is retried with back-off.
 */
export class TerminalError extends Error {
  override readonly name: string = "TerminalError";
  /** How to fix the error, as one sentence for the reader of the message. */
  readonly hint: string;

  /** @param message the cause; the hint follows as a separate sentence */
  constructor(message: Clause, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.hint = options.hint;
  }
}

/** First non-empty line of a program's output or an error message, trimmed; "" when there is none. */
export function firstLine(text: string): string {
  return (
    text
      .split("\n")
      .map((line) => line.trim())
      .find((line) => line !== "") ?? ""
  );
}

/** A readable message for any thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a file could not be opened because it does not exist. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
