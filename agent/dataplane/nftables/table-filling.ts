import type { NftCommit, NftFamily, NftSession } from "../../kernel/nft/nft-session.ts";
import type { TablePlan } from "./applied-state.ts";
import type { BaseRuleset } from "./base-ruleset.ts";
import { renderGrowth, type RefillSteps } from "./grow-frontends.ts";
import { containers, tableName } from "./names.ts";
import { renderBase, renderEmptying, renderObjects, renderPlan } from "./render.ts";
import type { TableWriter } from "./table-writer.ts";

/** A way to make a table hold exactly one plan. */
export interface TableFilling {
  commit(plan: TablePlan, writer: TableWriter): Promise<NftCommit>;
  /** Asks without changing anything. */
  check(plan: TablePlan): Promise<NftCommit>;
}

interface FillingOptions {
  readonly family: NftFamily;
  readonly session: NftSession;
  readonly base: BaseRuleset;
}

/**
 * Replaces what a table of ours holds by `base` and a plan.
 * @param options.grows the map of frontends has to be replaced by a larger one
 */
export function refilling({
  family,
  session,
  base,
  grows,
}: FillingOptions & { readonly grows: boolean }): TableFilling {
  const preparation = renderBase(family, base);
  const steps = (plan: TablePlan): RefillSteps =>
    grows
      ? renderGrowth(family, base, plan)
      : { refill: [...renderEmptying(family, base), ...renderPlan(family, plan)], growth: [] };
  return {
    commit: async (plan, writer) => {
      const { refill, growth } = steps(plan);
      const result = await writer.commit(plan, { preparation, commands: refill });
      if (result.kind === "refused" || growth.length === 0) return result;
      writer.retire({ chains: [], maps: [containers.interimFrontends], sets: [] });
      return session.commit({ family, commands: growth });
    },
    check: (plan) => {
      const { refill, growth } = steps(plan);
      const commands = [...preparation, ...renderObjects(family, plan), ...refill, ...growth];
      return session.check({ family, commands });
    },
  };
}

/** Replaces whatever is there by a new table with `base` and a plan. */
export function replacing({ family, session, base }: FillingOptions): TableFilling {
  const table = `${family} ${tableName}`;
  const transaction = (plan: TablePlan) => ({
    family,
    commands: [
      `add table ${table}`,
      `delete table ${table}`,
      ...renderBase(family, base),
      ...renderObjects(family, plan),
      ...renderPlan(family, plan),
    ],
  });
  return {
    commit: (plan) => session.commit(transaction(plan)),
    check: (plan) => session.check(transaction(plan)),
  };
}
