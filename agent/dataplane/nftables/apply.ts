import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../../kernel/command.ts";
import type { NftFamily, NftSession } from "../../kernel/nft-session.ts";
import type { DesiredNodeFamily, DesiredService } from "../../services/desired-state.ts";
import type { RejectedService } from "../dataplane.ts";
import { AppliedState, type ServiceChange, type TablePlan } from "./applied-state.ts";
import { baseRuleset, type BaseRuleset } from "./base-ruleset.ts";
import { ipFamilyOf } from "./build-service.ts";
import { coldBatches } from "./cold-batches.ts";
import { affinityMap, l4Protocols, layoutMarkerSet, tableName } from "./names.ts";
import { observeTable } from "./observe.ts";
import { purgeAffinity } from "./purge-affinity.ts";
import { findRefused, planWritable, withRemoved } from "./refused-services.ts";
import { renderBase, renderPlan, renderRefill, staleChains } from "./render.ts";
import { retreat } from "./retreat.ts";
import type { AffinityMemory } from "./ruleset.ts";
import { TableWriter, type Rendering } from "./table-writer.ts";

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
  /** Chains cannot be deleted together with the last reference to them. */
  readonly keepsReferences: boolean;
  readonly log: Logger;
}

/** The kernel refused something that cannot be blamed on a Service: the table does not hold what we think. */
export class TableStateError extends Error {
  override readonly name = "TableStateError";
  readonly family: NftFamily;

  constructor(family: NftFamily, reason: string) {
    super(`table ${family} ${tableName} is not as expected: ${reason}`);
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

  constructor(deps: TableDeps) {
    this.#deps = deps;
    this.#writer = new TableWriter(deps);
    this.#state = new AppliedState(deps.family);
  }

  /**
   * Makes the table hold exactly `services`, whatever it held. A table of ours is refilled in one transaction and keeps the
   * affinity of clients; any other is replaced; a new one is filled step by step in the order of `services`. A family that
   * the cluster does not use gets no table.
   * @throws {TableStateError | CommandError}
   */
  async refill(node: DesiredNodeFamily, services: readonly DesiredService[]): Promise<TableReport> {
    const { family, commands } = this.#deps;
    const base = baseRuleset(family, node);
    const observed = await observeTable(commands, family);
    this.#writer = new TableWriter(this.#deps);
    this.#state = new AppliedState(family);
    this.#exists = observed !== undefined || this.#isUsed(node, services);
    if (!this.#exists) return nothingDone;
    if (observed === undefined) return this.#fillStepwise(base, services);
    if (!observed.sets.has(layoutMarkerSet)) return this.#replace(base, services);
    const render = (plan: TablePlan): Rendering => {
      const refill = { family, base, observed, plan };
      return { commands: renderRefill(refill), unusedChains: staleChains(refill) };
    };
    const report = await this.#fillAtOnce(render, services);
    if (report === undefined) return this.#replace(base, services);
    await this.#purgeAll();
    return report;
  }

  /**
   * Brings some Services to what they shall be, in one transaction unless the kernel refuses it. Without changes it only
   * looks whether the table is still there.
   * @throws {TableStateError | CommandError}
   */
  async update(changes: readonly ServiceChange[]): Promise<TableReport> {
    if (changes.length === 0) await this.#requireLatest();
    await this.#writer.sweep();
    const report = await this.#commitOrIsolate(changes);
    await purgeAffinity(this.#deps, report.suspectMemories, "keep");
    return report;
  }

  /** Whether our last transaction is the table's last one. Only reads. */
  async isLatest(): Promise<boolean> {
    return !this.#exists || (await this.#deps.session.isLatest(this.#deps.family));
  }

  #isUsed({ serviceCIDRs }: DesiredNodeFamily, services: readonly DesiredService[]): boolean {
    const ipFamily = ipFamilyOf[this.#deps.family];
    return (
      serviceCIDRs.length > 0 || services.some(({ ports }) => ports.some(({ family }) => family === ipFamily))
    );
  }

  async #fillStepwise(base: BaseRuleset, services: readonly DesiredService[]): Promise<TableReport> {
    const { family } = this.#deps;
    const created = await this.#writer.commit({ commands: renderBase(family, base), unusedChains: [] });
    if (created.kind === "refused") throw new TableStateError(family, created.reason);
    let report: UpdateReport = nothingDone;
    for (const batch of coldBatches(services)) {
      report = sumReports(report, await this.#commitOrIsolate(batch.map(toChange)));
    }
    return report;
  }

  async #replace(base: BaseRuleset, services: readonly DesiredService[]): Promise<TableReport> {
    const { family, log } = this.#deps;
    log.warn({ family }, "replacing the table because it is not of this version");
    const table = `${family} ${tableName}`;
    const replacement = [`add table ${table}`, `delete table ${table}`, ...renderBase(family, base)];
    const render = (plan: TablePlan): Rendering => ({
      commands: [...replacement, ...renderPlan(family, plan)],
      unusedChains: [],
    });
    const report = await this.#fillAtOnce(render, services);
    if (report === undefined) throw new TableStateError(family, "the kernel refuses to replace it");
    return report;
  }

  /** Undefined when the kernel refuses it even without any Service. */
  async #fillAtOnce(
    render: (plan: TablePlan) => Rendering,
    services: readonly DesiredService[],
  ): Promise<TableReport | undefined> {
    const { plan, changes, rejected } = planWritable(this.#state, services.map(toChange));
    const result = await this.#writer.commit(render(plan));
    if (result.kind === "committed") return { ...this.#recorded(plan), rejected };
    const check = (some: readonly ServiceChange[]) => this.#writer.check(render(this.#state.plan(some)));
    if ((await check([])).kind === "refused") return undefined;
    const refused = await findRefused(changes, check);
    const accepted = this.#state.plan(withRemoved(changes, refused));
    const retried = await this.#writer.commit(render(accepted));
    if (retried.kind === "refused") throw new TableStateError(this.#deps.family, retried.reason);
    return { ...this.#recorded(accepted), rejected: [...rejected, ...refused] };
  }

  /** Affinity that an earlier process left may be of Services that are gone. */
  async #purgeAll(): Promise<void> {
    const nobody = { frontend: "", endpoints: new Set<string>(), timeoutSeconds: 0 };
    const shared = this.#deps.family === "ip" ? l4Protocols.map(affinityMap) : [];
    const memories = [...shared.map((map) => ({ ...nobody, map })), ...this.#state.memories()];
    await purgeAffinity(this.#deps, memories, "forget");
  }

  async #commitOrIsolate(wanted: readonly ServiceChange[]): Promise<UpdateReport> {
    const { plan, changes, rejected } = planWritable(this.#state, wanted);
    const commands = renderPlan(this.#deps.family, plan);
    if (commands.length === 0) return { ...this.#recorded(plan), rejected };
    const result = await this.#writer.commit({ commands, unusedChains: plan.unusedChains });
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
    const result = await this.#writer.commit({ commands, unusedChains: plan.unusedChains });
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
    const result = await this.#writer.commit({ commands: [], unusedChains: [] });
    if (result.kind === "refused") throw new TableStateError(this.#deps.family, result.reason);
  }

  async #requireLatest(): Promise<void> {
    if (await this.isLatest()) return;
    throw new TableStateError(this.#deps.family, "somebody else has removed or changed it");
  }

  #recorded(plan: TablePlan): UpdateReport {
    this.#state.record(plan);
    this.#writer.keep(plan.newChains.keys());
    const { newMaps, newChains, changedChains, deletes, adds, unusedChains, unusedMaps } = plan;
    const objects =
      newMaps.size + newChains.size + changedChains.size + unusedChains.length + unusedMaps.length;
    return {
      changes: objects + deletes.length + adds.length,
      rejected: [],
      suspectMemories: plan.suspectMemories,
    };
  }
}

interface UpdateReport extends TableReport {
  readonly suspectMemories: readonly AffinityMemory[];
}

const nothingDone: UpdateReport = { changes: 0, rejected: [], suspectMemories: [] };

function sumReports(left: UpdateReport, right: UpdateReport): UpdateReport {
  return {
    changes: left.changes + right.changes,
    rejected: [...left.rejected, ...right.rejected],
    suspectMemories: [...left.suspectMemories, ...right.suspectMemories],
  };
}

function toChange(service: DesiredService): ServiceChange {
  return { name: service.name, after: service };
}
