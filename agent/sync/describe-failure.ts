import { errorMessage } from "../../platform/errors.ts";

/** The message of an error, and its own advice where it has one. */
export function describeFailure(error: unknown): string {
  const hint = error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : "";
  return [errorMessage(error), hint].filter((part) => part !== "").join(". ");
}
