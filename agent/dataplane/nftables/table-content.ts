import type { Clock } from "../../../platform/async/clock.ts";
import type { Logger } from "../../../platform/log.ts";
import type { NftFamily, NftSession } from "../../kernel/nft/nft-session.ts";
import { AppliedState, type ServiceChange, type TablePlan } from "./applied-state.ts";
import type { BaseRuleset } from "./base-ruleset.ts";
import { outOfStep } from "./out-of-step.ts";
import type { ObservedTable } from "./observe.ts";
import { findRefused, withRemoved } from "./refused-services.ts";
import { renderPlan } from "./render.ts";
import type { AffinityMemory } from "./ruleset.ts";
import type { TableRules } from "./spell-verdicts.ts";
import type { TableFilling } from "./table-filling.ts";
import { nothingDone, reportOf, sumReports, type TableReport } from "./table-report.ts";
import { TableWriter } from "./table-writer.ts";
import { withoutLostFrontends } from "./without-lost-frontends.ts";

export interface TableContentDeps {
  readonly family: NftFamily;
  readonly session: NftSession;
  readonly clock: Clock;
  readonly log: Logger;
}

export type FillResult =
  | { readonly kind: "filled"; readonly report: TableReport }
  /** The kernel refuses it even without any Service. */
  | { readonly kind: "refused"; readonly reason: string };

/** What has been written into a table since it was last filled. */
export class TableContent {
  readonly #deps: TableContentDeps;
  readonly #base: BaseRuleset;
  readonly #writer: TableWriter;
  readonly #state: AppliedState;

  /** @param rules what `base` does for all Services */
  constructor(deps: TableContentDeps, base: BaseRuleset, rules: TableRules) {
    this.#deps = deps;
    this.#base = base;
    this.#writer = new TableWriter(deps);
    this.#state = new AppliedState(deps.family, rules);
  }

  /**
   * The first call: makes the table hold exactly these changes, without the Services that the kernel refuses.
   * @throws {OutOfStepError | CommandError}
   */
  async fill(filling: TableFilling, changes: readonly ServiceChange[]): Promise<FillResult> {
    const plan = this.#state.plan(changes);
    const result = await filling.commit(plan, this.#writer);
    if (result.kind === "committed") return { kind: "filled", report: this.#recorded(plan) };
    const check = (some: readonly ServiceChange[]) => filling.check(this.#state.plan(some));
    const withoutServices = await check([]);
    if (withoutServices.kind === "refused") return withoutServices;
    const rejected = await findRefused(changes, check);
    const accepted = this.#state.plan(withRemoved(changes, rejected));
    const retried = await filling.commit(accepted, this.#writer);
    if (retried.kind === "refused") throw outOfStep(this.#deps.family, retried.reason);
    return { kind: "filled", report: { ...this.#recorded(accepted), rejected } };
  }

  /**
   * Applies changes, in one transaction unless the kernel refuses it. The refused Services are then removed and reported.
   * @throws {OutOfStepError | CommandError}
   */
  async change(changes: readonly ServiceChange[]): Promise<TableReport> {
    const plan = this.#state.plan(changes);
    const { frontendCapacity } = this.#base;
    if (plan.frontends > frontendCapacity) {
      throw outOfStep(this.#deps.family, `it has room for ${frontendCapacity} frontends only`);
    }
    const commands = renderPlan(this.#deps.family, plan);
    if (commands.length === 0) return this.#recorded(plan);
    const result = await this.#writer.commit(plan, { preparation: [], commands });
    if (result.kind === "committed") return this.#recorded(plan);
    await this.#requireTable();
    const released = await this.#releaseFrontends(changes);
    return sumReports(released, await this.#isolate(changes, result.reason));
  }

  /** Removes later what was in the table before it was filled and is of no use: of an earlier process, or of other programs. */
  retireStrays(observed: ObservedTable): void {
    const { chains, containers } = this.#base;
    const isStray = (name: string): boolean => !containers.has(name) && !this.#state.needsMap(name);
    this.#writer.retire({
      chains: [...observed.chains].filter((name) => !chains.has(name) && !this.#state.needsChain(name)),
      maps: [...observed.maps].filter(isStray),
      sets: [...observed.sets].filter(isStray),
    });
  }

  /** What clients may be remembered by, of all Services. */
  memories(): readonly AffinityMemory[] {
    return this.#state.memories();
  }

  /** When {@link removeDue} has something to do, in the clock's monotonic milliseconds; undefined is never. */
  get nextDueMs(): number | undefined {
    return this.#writer.nextDueMs;
  }

  /**
   * Removes what has been unused for long enough.
   * @throws {CommandError}
   */
  async removeDue(): Promise<void> {
    await this.#writer.removeDue();
  }

  /** Removes the frontends that the changed Services give up, so that the changes can then be applied one by one. */
  async #releaseFrontends(changes: readonly ServiceChange[]): Promise<TableReport> {
    const releases = changes.flatMap(({ name, after, isElsewhere }) => {
      const before = this.#state.get(name);
      return before === undefined
        ? []
        : { name, after: withoutLostFrontends(before, isElsewhere ? undefined : after) };
    });
    const plan = this.#state.plan(releases);
    const commands = renderPlan(this.#deps.family, plan);
    if (commands.length === 0) return nothingDone;
    const result = await this.#writer.commit(plan, { preparation: [], commands });
    if (result.kind === "refused") throw outOfStep(this.#deps.family, result.reason);
    return this.#recorded(plan);
  }

  /** Applies the good ones of refused changes and removes what the bad ones had before. */
  async #isolate(changes: readonly ServiceChange[], reason: string): Promise<TableReport> {
    const [only] = changes;
    if (only === undefined) return nothingDone;
    if (changes.length > 1) {
      const middle = Math.ceil(changes.length / 2);
      const first = await this.change(changes.slice(0, middle));
      return sumReports(first, await this.change(changes.slice(middle)));
    }
    if (only.after === undefined) throw outOfStep(this.#deps.family, reason);
    const removed = await this.change([{ name: only.name, after: undefined }]);
    return { ...removed, rejected: [{ service: only.name, reason }] };
  }

  /** Throws when another process has removed the table, so that no Service is blamed for it. */
  async #requireTable(): Promise<void> {
    const { family, session } = this.#deps;
    const result = await session.commit({ family, commands: [] });
    if (result.kind === "refused") throw outOfStep(family, result.reason);
  }

  #recorded(plan: TablePlan): TableReport {
    this.#state.record(plan);
    return reportOf(plan);
  }
}
