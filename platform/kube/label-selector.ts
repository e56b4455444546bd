import type { LabelSelector } from "../../crds/api.ts";
import { assertNever } from "../assert-never.ts";

type Labels = Readonly<Record<string, string>>;
type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

/** Semantics of metav1.LabelSelector: all requirements must match, and an empty selector matches everything. */
export function matchesSelector(selector: LabelSelector, labels: Labels = {}): boolean {
  const exact = Object.entries(selector.matchLabels ?? {});
  return (
    exact.every(([key, value]) => labelOf(labels, key) === value) &&
    (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels))
  );
}

function matchesExpression({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn": // also true if the label is missing, as in apimachinery's labels package
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return assertNever(operator);
  }
}

/** Own properties only: a label may be named "constructor". */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
