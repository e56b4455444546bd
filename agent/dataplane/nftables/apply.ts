import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../../kernel/command.ts";
import type { NftCommit, NftFamily, NftSession } from "../../kernel/nft-session.ts";
import type { DesiredNodeFamily, DesiredService } from "../../services/desired-state.ts";
import type { RejectedService } from "../dataplane.ts";
import { AppliedState, type ServiceChange, type TablePlan } from "./applied-state.ts";
import { baseRuleset, type BaseRuleset } from "./base-ruleset.ts";
import { affinityMap, l4Protocols, layoutMarkerSet, tableName } from "./names.ts";
import { observeTable } from "./observe.ts";
import { NftQuoteError } from "./quote.ts";
import { purgeAffinity } from "./purge-affinity.ts";
import { deleteChains, renderBase, renderPlan, renderRefill, staleChains } from "./render.ts";
import { pickerFor } from "./schedule.ts";
import type { AffinityMemory } from "./ruleset.ts";

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

/** The kernel refused something that cannot be blamed on a Service: what the table holds is not what we think. */
export class TableStateError extends Error {
  override readonly name = "TableStateError";
  readonly family: NftFamily;

  constructor(family: NftFamily, reason: string) {
    super(`table ${family} ${tableName} is not as expected: ${reason}`);
    this.family = family;
  }
}

/** Bounds one transaction of a cold load: some 100 ms in the kernel and 20 MB in nft. */
const elementsPerColdTransaction = 10_000;

/** Programs the table of one family and knows what is in it. */
export class NftTable {
  readonly #deps: TableDeps;
  /** Chains without rules that nothing refers to. */
  readonly #leftovers = new Set<string>();
  #state: AppliedState;

  constructor(deps: TableDeps) {
    this.#deps = deps;
    this.#state = new AppliedState(deps.family);
  }

  /**
   * Makes the table hold exactly `services`, whatever it held. A table of ours is refilled in one transaction and keeps the
   * affinity of clients; any other is replaced; a new one is filled step by step in the order of `services`.
   * @throws {TableStateError | CommandError}
   */
  async refill(node: DesiredNodeFamily, services: readonly DesiredService[]): Promise<TableReport> {
    const { family, commands } = this.#deps;
    const base = baseRuleset(family, node);
    const observed = await observeTable(commands, family);
    this.#state = new AppliedState(family);
    this.#leftovers.clear();
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
   * Brings some Services to what they shall be, in one transaction unless the kernel refuses it.
   * @throws {TableStateError | CommandError}
   */
  async update(changes: readonly ServiceChange[]): Promise<TableReport> {
    await this.#sweep();
    const report = await this.#commitOrIsolate(changes);
    await purgeAffinity(this.#deps, report.suspectMemories, "keep");
    return report;
  }

  async #fillStepwise(base: BaseRuleset, services: readonly DesiredService[]): Promise<TableReport> {
    const { family, session } = this.#deps;
    const created = await session.commit({ family, commands: renderBase(family, base) });
    if (created.kind === "refused") throw new TableStateError(family, created.reason);
    let report: UpdateReport = nothingDone;
    for (const batch of batches(services)) {
      report = sumReports(report, await this.#commitOrIsolate(batch.map(toChange)));
    }
    return report;
  }

  async #replace(base: BaseRuleset, services: readonly DesiredService[]): Promise<TableReport> {
    const { family, log } = this.#deps;
    log.warn({ family }, "replacing the table because it is not of this version");
    const table = `${family} ${tableName}`;
    const render = (plan: TablePlan): Rendering => ({
      commands: [
        `add table ${table}`,
        `delete table ${table}`,
        ...renderBase(family, base),
        ...renderPlan(family, plan),
      ],
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
    const { family, session } = this.#deps;
    const { plan, writable, rejected } = this.#planWritable(services.map(toChange));
    const result = await this.#commit(render(plan));
    if (result.kind === "committed") return { ...this.#recorded(plan), rejected };
    const check = async (changes: readonly ServiceChange[]): Promise<NftCommit> =>
      session.check({ family, commands: this.#commandsOf(render(this.#state.plan(changes))) });
    if ((await check([])).kind === "refused") return undefined;
    const refused = await findRefused(writable, check);
    const names = new Set(refused.map(({ service }) => service));
    const accepted = this.#state.plan(writable.filter(({ name }) => !names.has(name)));
    const retried = await this.#commit(render(accepted));
    if (retried.kind === "refused") throw new TableStateError(family, retried.reason);
    return { ...this.#recorded(accepted), rejected: [...rejected, ...refused] };
  }

  async #commit(rendering: Rendering): Promise<NftCommit> {
    const { family, session, keepsReferences } = this.#deps;
    const result = await session.commit({ family, commands: this.#commandsOf(rendering) });
    if (keepsReferences && result.kind === "committed") {
      for (const name of rendering.unusedChains) this.#leftovers.add(name);
    }
    return result;
  }

  #commandsOf({ commands, unusedChains }: Rendering): readonly string[] {
    const { family, keepsReferences } = this.#deps;
    return keepsReferences ? commands : [...commands, ...deleteChains(family, unusedChains)];
  }

  /** Deletes chains that an earlier transaction had to leave. The kernel may still refuse; then the next sync tries again. */
  async #sweep(): Promise<void> {
    const { family, session } = this.#deps;
    if (this.#leftovers.size === 0) return;
    const result = await session.commit({ family, commands: deleteChains(family, this.#leftovers) });
    if (result.kind === "committed") this.#leftovers.clear();
  }

  /** Affinity that an earlier process left may be of Services that are gone. */
  async #purgeAll(): Promise<void> {
    const nobody = { frontend: "", endpoints: new Set<string>(), timeoutSeconds: 0 };
    const shared = this.#deps.family === "ip" ? l4Protocols.map(affinityMap) : [];
    const memories = [...shared.map((map) => ({ ...nobody, map })), ...this.#state.memories()];
    await purgeAffinity(this.#deps, memories, "forget");
  }

  async #commitOrIsolate(changes: readonly ServiceChange[]): Promise<UpdateReport> {
    const { plan, writable, rejected } = this.#planWritable(changes);
    const commands = renderPlan(this.#deps.family, plan);
    if (commands.length === 0) return { ...this.#recorded(plan), rejected };
    const result = await this.#commit({ commands, unusedChains: plan.unusedChains });
    if (result.kind === "committed") return { ...this.#recorded(plan), rejected };
    await this.#requireTable();
    const isolated = await this.#isolate(writable, result.reason);
    return { ...isolated, rejected: [...rejected, ...isolated.rejected] };
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

  /** A plan in which Services that cannot be written in the nft language are removed instead. */
  #planWritable(changes: readonly ServiceChange[]): WritablePlan {
    try {
      return { plan: this.#state.plan(changes), writable: changes, rejected: [] };
    } catch (error) {
      if (!(error instanceof NftQuoteError)) throw error;
    }
    const rejected = changes.flatMap((change) => this.#whyUnwritable(change) ?? []);
    const names = new Set(rejected.map(({ service }) => service));
    const writable = changes.map((change) => (names.has(change.name) ? removal(change) : change));
    return { plan: this.#state.plan(writable), writable, rejected };
  }

  #whyUnwritable(change: ServiceChange): RejectedService | undefined {
    try {
      this.#state.plan([change]);
      return undefined;
    } catch (error) {
      if (!(error instanceof NftQuoteError)) throw error;
      return { service: change.name, reason: error.message };
    }
  }

  /** Tells a refused Service from a table that somebody else removed. */
  async #requireTable(): Promise<void> {
    const { family, session } = this.#deps;
    const result = await session.commit({ family, commands: [] });
    if (result.kind === "refused") throw new TableStateError(family, result.reason);
  }

  #recorded(plan: TablePlan): UpdateReport {
    this.#state.record(plan);
    for (const name of plan.newChains.keys()) this.#leftovers.delete(name);
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

/** A transaction, and the chains that are to be deleted at its end. */
interface Rendering {
  readonly commands: readonly string[];
  readonly unusedChains: readonly string[];
}

interface WritablePlan {
  readonly plan: TablePlan;
  readonly writable: readonly ServiceChange[];
  readonly rejected: readonly RejectedService[];
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

/** The changes that `check` refuses by themselves, found by halving. */
async function findRefused(
  changes: readonly ServiceChange[],
  check: (changes: readonly ServiceChange[]) => Promise<NftCommit>,
): Promise<readonly RejectedService[]> {
  const result = await check(changes);
  if (result.kind === "committed") return [];
  const [first] = changes;
  if (first === undefined) return [];
  if (changes.length === 1) return [{ service: first.name, reason: result.reason }];
  const middle = Math.ceil(changes.length / 2);
  return [
    ...(await findRefused(changes.slice(0, middle), check)),
    ...(await findRefused(changes.slice(middle), check)),
  ];
}

function toChange(service: DesiredService): ServiceChange {
  return { name: service.name, after: service };
}

function removal({ name }: ServiceChange): ServiceChange {
  return { name, after: undefined };
}

function batches(services: readonly DesiredService[]): readonly (readonly DesiredService[])[] {
  const result: DesiredService[][] = [];
  let room = 0;
  for (const service of services) {
    const size = elementEstimate(service);
    const current = result.at(-1);
    if (current === undefined || size > room) {
      result.push([service]);
      room = elementsPerColdTransaction - size;
    } else {
      current.push(service);
      room -= size;
    }
  }
  return result;
}

function elementEstimate({ ports }: DesiredService): number {
  return ports.reduce((sum, port) => {
    const slots = [port.clusterEndpoints, port.localEndpoints].map(
      (endpoints) => pickerFor(port.algorithm, endpoints.length).slots,
    );
    return sum + port.frontends.length * (1 + Math.max(...slots));
  }, 0);
}
