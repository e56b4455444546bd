import type { Clock } from "../../../platform/async/clock.ts";
import { errorMessage } from "../../../platform/errors.ts";
import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../../kernel/command/command.ts";
import { createNftListener, type NftListener } from "../../kernel/nft/nft-listener.ts";
import type { NftSession } from "../../kernel/nft/nft-session.ts";
import type { SeenTransaction } from "../../kernel/nft/transaction-reader.ts";
import { readProcess } from "../../kernel/proc/read-process.ts";
import type { DriftObserver, ForeignChange } from "../foreign-change.ts";
import { describeChanges } from "./describe-changes.ts";
import { tableName } from "./names.ts";

/** From so many failures in a row on it is no passing trouble. */
const failuresToTell = 3;

export interface DriftWatchDeps {
  readonly observer: DriftObserver;
  readonly commands: CommandRunner;
  readonly session: Pick<NftSession, "hasIssued">;
  /** Names of our tables whose last transaction was not ours; empty when all is well. */
  readonly findForeign: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Distinguishes foreign transactions on our tables from our own, which carry a known number. It listens from the first
 * {@link DriftWatch.duringRefill} on; when it begins it looks once whether the tables are as we left them. Where it cannot listen
 * it only does the latter, with each attempt.
 */
export class DriftWatch {
  readonly #deps: DriftWatchDeps;
  #held: ForeignChange[] | undefined;
  #listening: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(deps: DriftWatchDeps) {
    this.#deps = deps;
  }

  /**
   * Holds back external changes during `refill`: some are repaired by it, others come too late for it.
   * @param options.isBig nothing listens meanwhile, which spares the kernel the messages about a big load
   */
  async duringRefill<Result>(
    { isBig }: { readonly isBig: boolean },
    refill: () => Promise<Result>,
  ): Promise<Result> {
    this.#held ??= [];
    try {
      if (isBig) await this.stop();
      const result = await refill();
      this.#deps.observer.onRestored();
      this.#start();
      return result;
    } finally {
      this.#release();
    }
  }

  /** Everything was removed. */
  onRemoved(): void {
    this.#deps.observer.onRemoved();
  }

  /** Resolves when the helper process has ended. */
  async stop(): Promise<void> {
    const listening = this.#listening;
    this.#listening = undefined;
    listening?.stop.abort();
    await listening?.ended;
  }

  #start(): void {
    if (this.#listening !== undefined) return;
    const stop = new AbortController();
    this.#listening = { stop, ended: this.#createListener(stop.signal).run(stop.signal) };
  }

  /** Reports what was held back. */
  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const change of held) this.#tell(change);
  }

  #createListener(signal: AbortSignal): NftListener {
    const { commands, clock, log } = this.#deps;
    return createNftListener({
      commands,
      table: tableName,
      onTransaction: (transaction) => this.#judge(transaction),
      onListening: () => {
        this.#deps.observer.onWatchChange(undefined);
        void this.#lookOnce(signal);
      },
      onBroken: (reason, failures) => {
        if (failures < failuresToTell) return;
        this.#deps.observer.onWatchChange(reason);
        void this.#lookOnce(signal);
      },
      clock,
      log,
    });
  }

  #judge({ processId, processName, changes, revisions }: SeenTransaction): void {
    const { session } = this.#deps;
    if (revisions.some((revision) => session.hasIssued(revision))) return;
    const culprit = { processId, name: processName, ...readProcess(processId, processName) };
    this.#tell({ culprit, what: describeChanges(changes) });
  }

  async #lookOnce(signal: AbortSignal): Promise<void> {
    const { findForeign, log } = this.#deps;
    try {
      const foreign = await findForeign();
      if (signal.aborted) return;
      log.debug({}, "watching for foreign changes");
      if (foreign.length === 0) return;
      this.#tell({
        culprit: undefined,
        what: `removed or changed table ${foreign.join(" and ")} while nothing listened`,
      });
    } catch (error) {
      log.warn({ reason: errorMessage(error) }, "cannot look whether the tables are as they were left");
    }
  }

  #tell(change: ForeignChange): void {
    if (this.#held === undefined) this.#deps.observer.onForeignChange(change);
    else this.#held.push(change);
  }
}
