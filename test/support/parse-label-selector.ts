import type { LabelSelector } from "../../crds/api.ts";

/**
 * Reads the text form of label selectors as far as our programs write it: `a=b`, `a!=b`, `a`, `!a`, joined by commas.
 * @throws {SyntaxError} for anything else
 */
export function parseLabelSelector(text: string): LabelSelector {
  return { matchExpressions: text.split(",").map(parseRequirement) };
}

function parseRequirement(text: string): NonNullable<LabelSelector["matchExpressions"]>[number] {
  const match = /^(?<not>!)?(?<key>[^!=\s]+)(?:(?<operator>!=|==?)(?<value>[^=]*))?$/.exec(text.trim());
  const { not, key, operator, value = "" } = match?.groups ?? {};
  if (key === undefined || (not !== undefined && operator !== undefined)) {
    throw new SyntaxError(`cannot read label selector ${JSON.stringify(text)}`);
  }
  if (operator === undefined) return { key, operator: not === undefined ? "Exists" : "DoesNotExist" };
  return { key, operator: operator === "!=" ? "NotIn" : "In", values: [value] };
}
