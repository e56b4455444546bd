import type { CommandRunner } from "../../kernel/command/command.ts";
import type { DesiredNodeFamily, DesiredService } from "../../services/desired-state.ts";
import type { ServiceChange } from "./applied-state.ts";
import { baseRuleset, type BaseRuleset } from "./base-ruleset.ts";
import { ipFamilyOf } from "./build-service.ts";
import { coldBatches } from "./cold-batches.ts";
import { countFrontends } from "./count-frontends.ts";
import type { CapacityPolicy } from "./frontend-capacity.ts";
import { affinityMap, l4Protocols, readFrontendCapacity, scopes } from "./names.ts";
import { observeTable, type ObservedTable } from "./observe.ts";
import { outOfStep } from "./out-of-step.ts";
import { purgeAffinity } from "./purge-affinity.ts";
import { TableContent, type FillResult, type TableContentDeps } from "./table-content.ts";
import { refilling, replacing } from "./table-filling.ts";
import { nothingDone, sumReports, type TableReport } from "./table-report.ts";

export interface TableDeps extends TableContentDeps {
  readonly commands: CommandRunner;
  /** For how many frontends a table is made. */
  readonly capacityFor: CapacityPolicy;
}

/** What one table should hold. */
export interface WantedTable {
  readonly node: DesiredNodeFamily;
  /** In the order in which they are programmed where that takes several steps. */
  readonly services: readonly DesiredService[];
  /** Services whose addresses pass, because other modes serve them. */
  readonly elsewhere: readonly DesiredService[];
}

interface TableContents {
  readonly node: DesiredNodeFamily;
  readonly changes: readonly ServiceChange[];
}

/** Programs the table of one family and knows what is in it. */
export class NftTable {
  readonly #deps: TableDeps;
  /** undefined while we have made no table. */
  #content: TableContent | undefined;

  constructor(deps: TableDeps) {
    this.#deps = deps;
  }

  /**
   * Makes the table hold exactly what is wanted, whatever it held. A table of ours is refilled in one transaction, or in two when
   * its map of frontends must grow, and keeps the affinity of clients; any other is replaced; a new one is filled step by step. A
   * family that the cluster does not use gets no table.
   * @throws {OutOfStepError | CommandError}
   */
  async refill(wanted: WantedTable): Promise<TableReport> {
    const { family, commands, capacityFor } = this.#deps;
    const observed = await observeTable(commands, family);
    this.#content = undefined;
    if (observed === undefined && !this.#isUsed(wanted)) return nothingDone;
    const frontends = countFrontends(wanted.services, family);
    const newBase = baseRuleset(family, wanted.node, capacityFor(frontends));
    if (observed === undefined) return this.#fillStepwise(newBase, wanted);
    const { node } = wanted;
    const changes = [...wanted.elsewhere.map(toPassing), ...wanted.services.map(toServed)];
    const capacity = readFrontendCapacity(observed.sets);
    if (capacity === undefined) return this.#replace(newBase, { node, changes }, "it is not of this version");
    const grows = frontends > capacity;
    const base = grows ? newBase : baseRuleset(family, node, capacity);
    const result = await this.#refillOurs(base, { node, grows, changes, observed });
    return result.kind === "refused"
      ? this.#replace(newBase, { node, changes }, result.reason)
      : result.report;
  }

  /**
   * Applies changes, in one transaction unless the kernel refuses it. Without changes it only checks that the table is as it was
   * left.
   * @throws {OutOfStepError | CommandError}
   */
  async update(changes: readonly ServiceChange[]): Promise<TableReport> {
    if (changes.length === 0) await this.#requireLatest();
    if (this.#content === undefined) return this.#updateUnused(changes);
    const report = await this.#content.change(changes);
    await purgeAffinity(this.#deps, report.suspectMemories, "keep");
    return report;
  }

  /** Whether our last transaction is the table's last one. Only reads. */
  async isLatest(): Promise<boolean> {
    return this.#content === undefined || (await this.#deps.session.isLatest(this.#deps.family));
  }

  /** When {@link removeDue} has something to do, in the clock's monotonic milliseconds; undefined is never. */
  get nextDueMs(): number | undefined {
    return this.#content?.nextDueMs;
  }

  /**
   * Removes what has been unused for long enough.
   * @throws {CommandError}
   */
  async removeDue(): Promise<void> {
    await this.#content?.removeDue();
  }

  #isUsed({ node, services, elsewhere }: WantedTable): boolean {
    const isOfFamily = (service: DesiredService): boolean => this.#isOfFamily(service);
    return node.serviceCIDRs.length > 0 || services.some(isOfFamily) || elsewhere.some(isOfFamily);
  }

  #isOfFamily({ ports }: DesiredService): boolean {
    return ports.some(({ family }) => family === ipFamilyOf[this.#deps.family]);
  }

  /** There is no table, and nothing to put into one until the first Service of the family comes. */
  #updateUnused(changes: readonly ServiceChange[]): TableReport {
    if (!changes.some(({ after }) => after !== undefined && this.#isOfFamily(after))) return nothingDone;
    throw outOfStep(this.#deps.family, "there is none, and the first Service of the family needs one");
  }

  /**
   * The first Services come with the rules: a packet that meets rules without Services leaves untranslated for good. So do the
   * addresses that other modes serve, which the rules would drop.
   */
  async #fillStepwise(base: BaseRuleset, { node, services, elsewhere }: WantedTable): Promise<TableReport> {
    const [first = [], ...rest] = coldBatches(services);
    const content = new TableContent(this.#deps, base, node);
    let report = await this.#makeNew(content, base, [...elsewhere.map(toPassing), ...first.map(toServed)]);
    for (const batch of rest) report = sumReports(report, await content.change(batch.map(toServed)));
    return report;
  }

  async #refillOurs(
    base: BaseRuleset,
    {
      node,
      grows,
      changes,
      observed,
    }: TableContents & { readonly grows: boolean; readonly observed: ObservedTable },
  ): Promise<FillResult> {
    const content = new TableContent(this.#deps, base, node);
    this.#content = content;
    const result = await content.fill(refilling({ ...this.#deps, base, grows }), changes);
    if (result.kind === "refused") return result;
    content.retireStrays(observed);
    await this.#purgeAll(content);
    return result;
  }

  async #replace(base: BaseRuleset, { node, changes }: TableContents, reason: string): Promise<TableReport> {
    const { family, log } = this.#deps;
    log.warn({ family, reason }, "replacing the table: clients may get other endpoints than they had");
    return this.#makeNew(new TableContent(this.#deps, base, node), base, changes);
  }

  async #makeNew(
    content: TableContent,
    base: BaseRuleset,
    changes: readonly ServiceChange[],
  ): Promise<TableReport> {
    this.#content = content;
    const result = await content.fill(replacing({ ...this.#deps, base }), changes);
    if (result.kind === "refused") throw outOfStep(this.#deps.family, result.reason);
    return result.report;
  }

  /** Affinity that an earlier process left may be of Services that are gone. */
  async #purgeAll(content: TableContent): Promise<void> {
    const ofNoService = { frontend: "", endpoints: new Set<string>(), timeoutSeconds: 0 };
    const shared = this.#deps.family === "ip" ? sharedAffinityMaps : [];
    const memories = [...shared.map((map) => ({ ...ofNoService, map })), ...content.memories()];
    await purgeAffinity(this.#deps, memories, "forget");
  }

  async #requireLatest(): Promise<void> {
    if (await this.isLatest()) return;
    throw outOfStep(this.#deps.family, "another process has removed or changed it");
  }
}

const sharedAffinityMaps = scopes.flatMap((scope) =>
  l4Protocols.map((protocol) => affinityMap(protocol, scope)),
);

function toServed(service: DesiredService): ServiceChange {
  return { name: service.name, after: service };
}

function toPassing(service: DesiredService): ServiceChange {
  return { name: service.name, after: service, isElsewhere: true };
}
