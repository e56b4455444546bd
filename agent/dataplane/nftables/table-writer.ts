import type { Clock } from "../../../platform/async/clock.ts";
import type { Logger } from "../../../platform/log.ts";
import type { NftCommit, NftFamily, NftSession } from "../../kernel/nft/nft-session.ts";
import type { TablePlan } from "./applied-state.ts";
import { renderFlushes, renderObjects, renderRemoval } from "./render.ts";
import { Retirement, type TableObjects } from "./retirement.ts";

export interface TableWriterOptions {
  readonly family: NftFamily;
  readonly session: Pick<NftSession, "commit">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How a plan is written. */
export interface Rendering {
  /** What must be in the table before the plan's chains; may take effect by itself. */
  readonly preparation: readonly string[];
  /** The elements of the plan, and what else must change together with them. */
  readonly commands: readonly string[];
}

/**
 * Sends plans for one table in such a way that no packet enters a chain without rules. The kernel keeps the rules of a chain
 * for two states of the table, the present and the one before, and a packet stays with the state in which it came. But it
 * reads elements as they are now. So
 * - a chain is there, with its rules, one transaction before the first reference to it: a packet of the state before must
 *   find them too;
 * - a chain stays as it is for some time after the last reference to it, see {@link Retirement}.
 */
export class TableWriter {
  readonly #options: TableWriterOptions;
  readonly #retirement: Retirement;

  constructor(options: TableWriterOptions) {
    this.#options = options;
    this.#retirement = new Retirement(options.clock);
  }

  async commit(plan: TablePlan, { preparation, commands }: Rendering): Promise<NftCommit> {
    const { family, session } = this.#options;
    const missing = this.#missingIn(plan);
    const forgotten = [...plan.newMaps.keys()].filter((name) => this.#retirement.hasMap(name));
    const preparing = [
      ...preparation,
      ...renderObjects(family, missing),
      // They remember clients of a time that is over, perhaps at endpoints that are gone.
      ...renderFlushes(family, forgotten),
    ];
    if (preparing.length > 0) {
      const prepared = await session.commit({ family, commands: preparing });
      if (prepared.kind === "refused") return prepared;
      // Until something refers to them.
      for (const name of missing.newMaps.keys()) this.#retirement.retire("map", name);
      for (const [name, rules] of missing.newChains) this.#retirement.retire("chain", name, rules);
    }
    const result = await session.commit({ family, commands });
    if (result.kind === "committed") this.#follow(plan);
    return result;
  }

  /** Takes over things in the table that nothing refers to. */
  retire({ chains, maps, sets }: TableObjects): void {
    for (const name of chains) this.#retirement.retire("chain", name);
    for (const name of maps) this.#retirement.retire("map", name);
    for (const name of sets) this.#retirement.retire("set", name);
  }

  /** When {@link TableWriter.removeDue} has something to do, in the clock's monotonic milliseconds. */
  get nextDueMs(): number | undefined {
    return this.#retirement.nextDueMs;
  }

  /**
   * Removes what has been unused for long enough.
   * @throws {CommandError}
   */
  async removeDue(): Promise<void> {
    const { family, session, log } = this.#options;
    const commands = renderRemoval(family, this.#retirement.takeDue());
    if (commands.length === 0) return;
    const result = await session.commit({ family, commands });
    if (result.kind === "committed") return;
    log.warn({ reason: result.reason }, "unused chains and maps stay until the next full sync");
  }

  #missingIn({ newMaps, newChains }: TablePlan): Pick<TablePlan, "newMaps" | "newChains"> {
    return {
      newMaps: new Map([...newMaps].filter(([name]) => !this.#retirement.hasMap(name))),
      newChains: new Map([...newChains].filter(([name, rules]) => !this.#retirement.hasChain(name, rules))),
    };
  }

  #follow({ newMaps, newChains, unusedMaps, unusedChains }: TablePlan): void {
    for (const name of newMaps.keys()) this.#retirement.reclaim("map", name);
    for (const name of newChains.keys()) this.#retirement.reclaim("chain", name);
    for (const name of unusedMaps) this.#retirement.retire("map", name);
    for (const [name, rules] of unusedChains) this.#retirement.retire("chain", name, rules);
  }
}
