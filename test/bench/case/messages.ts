import type { Figure } from "../figures.ts";

/** A line of output of a case. */
export type CaseMessage =
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "figure"; readonly figure: Figure }
  | { readonly kind: "note"; readonly text: string };

export function send(message: CaseMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** No validation: the line comes from our own program. */
export function parseMessage(line: string): CaseMessage {
  return JSON.parse(line) as CaseMessage;
}
