import type { Clock } from "../../../platform/async/clock.ts";
import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../../kernel/command/command.ts";
import type { NftCommit, NftFamily, NftSession } from "../../kernel/nft/nft-session.ts";
import type { DesiredNodeFamily, DesiredService } from "../../services/desired-state.ts";
import type { RejectedService } from "../dataplane.ts";
import { AppliedState, type ServiceChange, type TablePlan } from "./applied-state.ts";
import { baseRuleset, type BaseRuleset } from "./base-ruleset.ts";
import { ipFamilyOf } from "./build-service.ts";
import { coldBatches } from "./cold-batches.ts";
import { countFrontends } from "./count-frontends.ts";
import { unbounded, type CapacityPolicy } from "./frontend-capacity.ts";
import { renderGrowth, type RefillSteps } from "./grow-frontends.ts";
import { affinityMap, containers, l4Protocols, readFrontendCapacity, scopes, tableName } from "./names.ts";
import { observeTable, type ObservedTable } from "./observe.ts";
import { purgeAffinity } from "./purge-affinity.ts";
import { findRefused, planWritable, withRemoved } from "./refused-services.ts";
import { renderBase, renderEmptying, renderObjects, renderPlan } from "./render.ts";
import { retreat } from "./retreat.ts";
import type { AffinityMemory } from "./ruleset.ts";
import { noRules } from "./spell-verdicts.ts";
import { TableWriter } from "./table-writer.ts";

/** What one sync did to one table. */
export interface TableReport {
  /** Objects and elements added or deleted. */
  readonly changes: number;
  readonly rejected: readonly RejectedService[];
}

export interface TableDeps {
  readonly family: NftFamily;
  readonly session: NftSession;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly log: Logger;
  /** For how many frontends a table is made. */
  readonly capacityFor: CapacityPolicy;
}

/** No Service is to blame: the table does not hold what we think, or has too little room. It must be programmed anew. */
export class TableStateError extends Error {
  override readonly name = "TableStateError";
  readonly family: NftFamily;

  constructor(family: NftFamily, reason: string) {
    super(`table ${family} ${tableName} must be programmed anew: ${reason}`);
    this.family = family;
  }
}

/** Programs the table of one family and knows what is in it. */
export class NftTable {
  readonly #deps: TableDeps;
  #writer: TableWriter;
  #state: AppliedState;
  /** Whether we have made the table. */
  #exists = false;
  /** How many frontends it has room for. */
  #capacity = unbounded;

  constructor(deps: TableDeps) {
    this.#deps = deps;
    this.#writer = new TableWriter(deps);
    this.#state = new AppliedState(deps.family, noRules);
  }

  /**
   * Makes the table hold exactly `services`, whatever it held. A table of ours is refilled in one transaction, or in two when its
   * map of frontends must grow, and keeps the affinity of clients; any other is replaced; a new one is filled step by step in the
   * order of `services`. A family that the cluster does not use gets no table.
   * @throws {TableStateError | CommandError}
   */
  async refill(node: DesiredNodeFamily, services: readonly DesiredService[]): Promise<TableReport> {
    const { family, commands, capacityFor } = this.#deps;
    const observed = await observeTable(commands, family);
    this.#writer = new TableWriter(this.#deps);
    this.#state = new AppliedState(family, node);
    this.#exists = observed !== undefined || this.#isUsed(node, services);
    if (!this.#exists) return nothingDone;
    const frontends = countFrontends(services, family);
    const newBase = baseRuleset(family, node, capacityFor(frontends));
    if (observed === undefined) return this.#fillStepwise(newBase, services);
    const capacity = readFrontendCapacity(observed.sets);
    if (capacity === undefined) return this.#replace(newBase, services, "it is not of this version");
    const grows = frontends > capacity;
    const base = grows ? newBase : baseRuleset(family, node, capacity);
    this.#capacity = base.frontendCapacity;
    const result = await this.#fillAtOnce(this.#refilling(base, grows), services);
    if (result.kind === "refused") return this.#replace(newBase, services, result.reason);
    this.#retireStrays(base, observed);
    await this.#purgeAll();
    return result.report;
  }

  /**
   * Brings some Services to what they shall be, in one transaction unless the kernel refuses it. Without changes it only
   * looks whether the table is still there.
   * @throws {TableStateError | CommandError}
   */
  async update(changes: readonly ServiceChange[]): Promise<TableReport> {
    if (changes.length === 0) await this.#requireLatest();
    const report = await this.#commitOrIsolate(changes);
    await purgeAffinity(this.#deps, report.suspectMemories, "keep");
    return report;
  }

  /** Whether our last transaction is the table's last one. Only reads. */
  async isLatest(): Promise<boolean> {
    return !this.#exists || (await this.#deps.session.isLatest(this.#deps.family));
  }

  /** When {@link NftTable.removeDue} has something to do, in the clock's monotonic milliseconds; undefined is never. */
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

  #isUsed({ serviceCIDRs }: DesiredNodeFamily, services: readonly DesiredService[]): boolean {
    const ipFamily = ipFamilyOf[this.#deps.family];
    return (
      serviceCIDRs.length > 0 || services.some(({ ports }) => ports.some(({ family }) => family === ipFamily))
    );
  }

  /** The first Services come with the rules: a packet that meets rules without Services leaves untranslated for good. */
  async #fillStepwise(base: BaseRuleset, services: readonly DesiredService[]): Promise<TableReport> {
    const [first = [], ...rest] = coldBatches(services);
    let report = await this.#makeAnew(base, first);
    for (const batch of rest) {
      report = sumReports(report, await this.#commitOrIsolate(batch.map(toChange)));
    }
    return report;
  }

  async #replace(
    base: BaseRuleset,
    services: readonly DesiredService[],
    reason: string,
  ): Promise<TableReport> {
    const { family, log } = this.#deps;
    log.warn({ family, reason }, "replacing the table: clients may get other endpoints than they had");
    this.#writer = new TableWriter(this.#deps);
    return this.#makeAnew(base, services);
  }

  async #makeAnew(base: BaseRuleset, services: readonly DesiredService[]): Promise<UpdateReport> {
    this.#capacity = base.frontendCapacity;
    const result = await this.#fillAtOnce(this.#replacing(base), services);
    if (result.kind === "refused") throw new TableStateError(this.#deps.family, result.reason);
    return result.report;
  }

  /** Puts `base` and a plan in the place of what a table of ours holds; with a new map of frontends if it grows. */
  #refilling(base: BaseRuleset, grows: boolean): Filling {
    const { family, session } = this.#deps;
    const preparation = renderBase(family, base);
    const steps = (plan: TablePlan): RefillSteps =>
      grows
        ? renderGrowth(family, base, plan)
        : { refill: [...renderEmptying(family, base), ...renderPlan(family, plan)], growth: [] };
    return {
      commit: async (plan) => {
        const { refill, growth } = steps(plan);
        const result = await this.#writer.commit(plan, { preparation, commands: refill });
        if (result.kind === "refused" || growth.length === 0) return result;
        this.#writer.retire({ chains: [], maps: [containers.interimFrontends], sets: [] });
        return session.commit({ family, commands: growth });
      },
      check: (plan) => {
        const { refill, growth } = steps(plan);
        const commands = [...preparation, ...renderObjects(family, plan), ...refill, ...growth];
        return session.check({ family, commands });
      },
    };
  }

  /** Puts a new table with `base` and a plan in the place of whatever is there. */
  #replacing(base: BaseRuleset): Filling {
    const { family, session } = this.#deps;
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

  async #fillAtOnce(filling: Filling, services: readonly DesiredService[]): Promise<FillResult> {
    const { plan, changes, rejected } = planWritable(this.#state, services.map(toChange));
    const result = await filling.commit(plan);
    if (result.kind === "committed") return { kind: "filled", report: { ...this.#recorded(plan), rejected } };
    const check = (some: readonly ServiceChange[]) => filling.check(this.#state.plan(some));
    const withoutServices = await check([]);
    if (withoutServices.kind === "refused") return withoutServices;
    const refused = await findRefused(changes, check);
    const accepted = this.#state.plan(withRemoved(changes, refused));
    const retried = await filling.commit(accepted);
    if (retried.kind === "refused") throw new TableStateError(this.#deps.family, retried.reason);
    return {
      kind: "filled",
      report: { ...this.#recorded(accepted), rejected: [...rejected, ...refused] },
    };
  }

  /** What was in the table before it was filled and is of no use now: of an earlier process, or of strangers. */
  #retireStrays(base: BaseRuleset, observed: ObservedTable): void {
    const isStray = (name: string): boolean => !base.containers.has(name) && !this.#state.needsMap(name);
    this.#writer.retire({
      chains: [...observed.chains].filter((name) => !base.chains.has(name) && !this.#state.needsChain(name)),
      maps: [...observed.maps].filter(isStray),
      sets: [...observed.sets].filter(isStray),
    });
  }

  /** Affinity that an earlier process left may be of Services that are gone. */
  async #purgeAll(): Promise<void> {
    const nobody = { frontend: "", endpoints: new Set<string>(), timeoutSeconds: 0 };
    const shared = this.#deps.family === "ip" ? sharedAffinityMaps : [];
    const memories = [...shared.map((map) => ({ ...nobody, map })), ...this.#state.memories()];
    await purgeAffinity(this.#deps, memories, "forget");
  }

  async #commitOrIsolate(wanted: readonly ServiceChange[]): Promise<UpdateReport> {
    const { plan, changes, rejected } = planWritable(this.#state, wanted);
    if (plan.frontends > this.#capacity)
      throw new TableStateError(this.#deps.family, tooSmall(this.#capacity));
    const commands = renderPlan(this.#deps.family, plan);
    if (commands.length === 0) return { ...this.#recorded(plan), rejected };
    const result = await this.#writer.commit(plan, { preparation: [], commands });
    if (result.kind === "committed") return { ...this.#recorded(plan), rejected };
    await this.#requireTable();
    const retreated = await this.#retreat(changes);
    const isolated = await this.#isolate(changes, result.reason);
    return sumReports(sumReports(retreated, isolated), { ...nothingDone, rejected });
  }

  /** Frees the frontends that pass from one of the changed Services to another, before they are applied one by one. */
  async #retreat(changes: readonly ServiceChange[]): Promise<UpdateReport> {
    const retreats = changes.flatMap(({ name, after }) => {
      const before = this.#state.get(name);
      return before === undefined ? [] : { name, after: retreat(before, after) };
    });
    const plan = this.#state.plan(retreats);
    const commands = renderPlan(this.#deps.family, plan);
    if (commands.length === 0) return nothingDone;
    const result = await this.#writer.commit(plan, { preparation: [], commands });
    if (result.kind === "refused") throw new TableStateError(this.#deps.family, result.reason);
    return this.#recorded(plan);
  }

  /** Applies the good ones of refused changes and removes what the bad ones had before. */
  async #isolate(changes: readonly ServiceChange[], reason: string): Promise<UpdateReport> {
    const [only] = changes;
    if (only === undefined) return nothingDone;
    if (changes.length > 1) {
      const middle = Math.ceil(changes.length / 2);
      const first = await this.#commitOrIsolate(changes.slice(0, middle));
      return sumReports(first, await this.#commitOrIsolate(changes.slice(middle)));
    }
    if (only.after === undefined) throw new TableStateError(this.#deps.family, reason);
    const removed = await this.#commitOrIsolate([{ name: only.name, after: undefined }]);
    return { ...removed, rejected: [{ service: only.name, reason }] };
  }

  /** Tells a refused Service from a table that somebody else removed. */
  async #requireTable(): Promise<void> {
    const { family, session } = this.#deps;
    const result = await session.commit({ family, commands: [] });
    if (result.kind === "refused") throw new TableStateError(family, result.reason);
  }

  async #requireLatest(): Promise<void> {
    if (await this.isLatest()) return;
    throw new TableStateError(this.#deps.family, "somebody else has removed or changed it");
  }

  #recorded(plan: TablePlan): UpdateReport {
    this.#state.record(plan);
    const { newMaps, newChains, changedChains, deletes, adds, unusedChains, unusedMaps } = plan;
    const objects =
      newMaps.size + newChains.size + changedChains.size + unusedChains.size + unusedMaps.length;
    return {
      changes: objects + deletes.length + adds.length,
      rejected: [],
      suspectMemories: plan.suspectMemories,
    };
  }
}

/** A way to fill a table with one plan. */
interface Filling {
  commit(plan: TablePlan): Promise<NftCommit>;
  /** Asks without changing anything. */
  check(plan: TablePlan): Promise<NftCommit>;
}

type FillResult =
  | { readonly kind: "filled"; readonly report: UpdateReport }
  /** The kernel refuses it even without any Service. */
  | { readonly kind: "refused"; readonly reason: string };

interface UpdateReport extends TableReport {
  readonly suspectMemories: readonly AffinityMemory[];
}

const sharedAffinityMaps = scopes.flatMap((scope) =>
  l4Protocols.map((protocol) => affinityMap(protocol, scope)),
);

const nothingDone: UpdateReport = { changes: 0, rejected: [], suspectMemories: [] };

function sumReports(left: UpdateReport, right: UpdateReport): UpdateReport {
  return {
    changes: left.changes + right.changes,
    rejected: [...left.rejected, ...right.rejected],
    suspectMemories: [...left.suspectMemories, ...right.suspectMemories],
  };
}

function tooSmall(capacity: number): string {
  return `it has room for ${capacity} frontends only`;
}

function toChange(service: DesiredService): ServiceChange {
  return { name: service.name, after: service };
}
