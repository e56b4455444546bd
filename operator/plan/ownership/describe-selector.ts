import type { LabelSelector } from "../../../crds/api.ts";
import { assertNever } from "../../../platform/assert-never.ts";

/** A selector as `kubectl get --selector` takes it, such as `pool=edge,zone in (a, b),!spare`; "" when it selects all. */
export function describeSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(describeExpression),
  ].join(",");
}

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

function describeExpression({ key, operator, values = [] }: Expression): string {
  switch (operator) {
    case "In":
      return `${key} in (${values.join(", ")})`;
    case "NotIn":
      return `${key} notin (${values.join(", ")})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return assertNever(operator);
  }
}
