/**
 * Retrying cannot help: somebody has to change something first. A program ends with it, a controller turns it into a
 * condition. Every other error is retried with back-off.
 */
export class TerminalError extends Error {
  override readonly name: string = "TerminalError";
  /** What to do about it, as one sentence for the person who reads the message. */
  readonly hint: string;

  constructor(message: string, options: { readonly hint: string; readonly cause?: unknown }) {
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

/** What a person should read of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a file could not be opened because there is none. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
