import type { ProxyMode } from "../../crds/api.ts";
import type { DriftFacts } from "./drift-guard.ts";

export interface ModeDrift {
  readonly mode: ProxyMode;
  readonly facts: DriftFacts;
}

const severity: Readonly<Record<DriftFacts["condition"]["status"], number>> = {
  True: 2,
  Unknown: 1,
  False: 0,
};

/**
 * The facts of a node: the changes of all modes, and the condition of the worst running mode. The mode is named where several run.
 *
 * @param options.running undefined where no running mode can notice external changes
 */
export function combineDrift(
  all: readonly ModeDrift[],
  { running, severalRun }: { readonly running: readonly ModeDrift[]; readonly severalRun: boolean },
): DriftFacts | undefined {
  const [worst] = running.toSorted(
    (left, right) => severity[right.facts.condition.status] - severity[left.facts.condition.status],
  );
  if (worst === undefined) return undefined;
  const { condition } = worst.facts;
  const isNamed = severalRun && condition.status !== "False";
  const detectedTotal = all.reduce((sum, { facts }) => sum + facts.status.detectedTotal, 0);
  return {
    status: { ...lastStatus(all), detectedTotal },
    condition: isNamed ? { ...condition, message: `Mode ${worst.mode}: ${condition.message}` } : condition,
  };
}

/** Of the mode with the newest change. */
function lastStatus(all: readonly ModeDrift[]): Omit<DriftFacts["status"], "detectedTotal"> {
  const [last] = all
    .map(({ facts }) => facts.status)
    .toSorted((left, right) => ((left.lastAt ?? "") < (right.lastAt ?? "") ? 1 : -1));
  return last ?? {};
}
