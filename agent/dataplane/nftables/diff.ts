import { elementId, type Element, type ServiceRuleset } from "./ruleset.ts";

/** What must happen so that one Service's part of a table turns from one ruleset into another. */
export interface RulesetDiff {
  /** Elements to delete and to add; one whose data changes is in both. */
  readonly deletes: readonly Element[];
  readonly adds: readonly Element[];
  /** Chains with their rules, and maps, that this Service needs from now on, or no longer. */
  readonly neededChains: ReadonlyMap<string, readonly string[]>;
  readonly droppedChains: ReadonlyMap<string, readonly string[]>;
  /** Chains needed before and after whose rules differ. */
  readonly changedChains: ReadonlyMap<string, readonly string[]>;
  readonly neededMaps: ReadonlyMap<string, string>;
  readonly droppedMaps: readonly string[];
}

export function diffRulesets(before: ServiceRuleset, after: ServiceRuleset): RulesetDiff {
  return {
    deletes: missing(before.elements, after.elements),
    adds: missing(after.elements, before.elements),
    neededChains: without(after.chains, before.chains),
    droppedChains: without(before.chains, after.chains),
    changedChains: changed(before.chains, after.chains),
    neededMaps: without(after.maps, before.maps),
    droppedMaps: [...without(before.maps, after.maps).keys()],
  };
}

/** The elements that `others` has not, or with other data. */
function missing(elements: readonly Element[], others: readonly Element[]): readonly Element[] {
  // Most Services of a cold start are new.
  if (others.length === 0) return elements;
  const known = new Map(others.map((element) => [elementId(element), element]));
  return elements.filter((element) => !isSame(known.get(elementId(element)), element));
}

function isSame(left: Element | undefined, right: Element): boolean {
  return left !== undefined && left.data === right.data;
}

function without<Value>(
  map: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  return new Map([...map].filter(([key]) => !other.has(key)));
}

function changed(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...after].filter(([name, rules]) => {
      const old = before.get(name);
      return old !== undefined && old.join("\n") !== rules.join("\n");
    }),
  );
}
