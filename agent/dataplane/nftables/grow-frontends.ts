import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { TablePlan } from "./applied-state.ts";
import { frontendMap, type BaseRuleset } from "./base-ruleset.ts";
import { unbounded } from "./frontend-capacity.ts";
import { chains, containers, tableName } from "./names.ts";
import { renderEmptying, renderPlan, renderRules } from "./render.ts";

/** Transactions after which a table holds a plan. */
export interface RefillSteps {
  /** Makes the table match the plan. */
  readonly refill: readonly string[];
  /** What must come after that; empty when nothing. */
  readonly growth: readonly string[];
}

/**
 * Two transactions that refill a table and give it a map of frontends with another size. The kernel cannot change the size, and
 * a map that is deleted is empty at once for packets on their way to it: they would be rejected, or leave untranslated. Therefore
 * - the first puts the frontends into an interim map and makes packets look there, while the old map stays as it is for those
 *   that come from the state before;
 * - the second replaces the old map, which no packet looks into any more, by a new one. The interim map stays, for the same
 *   reason, until its retirement is over.
 */
export function renderGrowth(family: NftFamily, base: BaseRuleset, plan: TablePlan): RefillSteps {
  const interim = `${family} ${tableName} ${containers.interimFrontends}`;
  const final = `${family} ${tableName} ${containers.frontends}`;
  const [frontends, others] = partition(plan.adds, ({ container }) => container === containers.frontends);
  const rules = base.chains.get(chains.services)?.rules ?? [];
  const interimFrontends = frontends.map((element) => ({
    ...element,
    container: containers.interimFrontends,
  }));
  return {
    refill: [
      `add map ${interim} ${frontendMap(family, unbounded).text}`,
      // It is not empty where an agent was killed between the two.
      `flush map ${interim}`,
      ...renderEmptying(family, withoutFrontends(base)),
      ...renderPlan(family, { ...plan, adds: [...others, ...interimFrontends] }),
      ...renderRules(family, chains.services, rules.map(lookIntoInterim)),
    ],
    growth: [
      `delete map ${final}`,
      `add map ${final} ${frontendMap(family, base.frontendCapacity).text}`,
      ...renderPlan(family, { changedChains: new Map(), deletes: [], adds: frontends }),
      ...renderRules(family, chains.services, rules),
    ],
  };
}

function withoutFrontends(base: BaseRuleset): BaseRuleset {
  return {
    ...base,
    containers: new Map([...base.containers].filter(([name]) => name !== containers.frontends)),
  };
}

function lookIntoInterim(rule: string): string {
  const suffix = `@${containers.frontends}`;
  return rule.endsWith(suffix) ? `${rule.slice(0, -suffix.length)}@${containers.interimFrontends}` : rule;
}

function partition<Item>(
  items: readonly Item[],
  isFirst: (item: Item) => boolean,
): readonly [readonly Item[], readonly Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
