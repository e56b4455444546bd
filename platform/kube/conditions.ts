import type { Condition } from "../../crds/api.ts";

/**
 * `conditions` with `next` in place of the condition of its type, or at the end. The time of the last transition changes only
 * when the status does, as metav1.Condition requires. Returns the same list if nothing changed.
 */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, "lastTransitionTime">,
  nowIso: string,
): readonly Condition[] {
  const current = findCondition(conditions, next.type);
  const lastTransitionTime = current?.status === next.status ? current.lastTransitionTime : nowIso;
  const condition: Condition = { ...next, lastTransitionTime };
  if (current === undefined) return [...conditions, condition];
  if (isSame(current, condition)) return conditions;
  return conditions.map((other) => (other.type === next.type ? condition : other));
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function isSame(left: Condition, right: Condition): boolean {
  return (
    left.status === right.status &&
    left.reason === right.reason &&
    left.message === right.message &&
    left.observedGeneration === right.observedGeneration &&
    left.lastTransitionTime === right.lastTransitionTime
  );
}
