import { randomInt } from "node:crypto";
import { createMutex } from "../../../platform/async/mutex.ts";
import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../command/command.ts";
import { type NftCommit, refusalFrom } from "./nft-commit.ts";
import { isRevisionIn, listRevision, type NftRevision, writeRevision } from "./nft-revision.ts";
import { RestartingNft } from "./restarting-nft.ts";

export type { NftCommit } from "./nft-commit.ts";

/** nft's name of an IP family. */
export type NftFamily = "ip" | "ip6";

/** Commands that take effect together or not at all. Each is one complete nft command on one line. */
export interface NftTransaction {
  readonly family: NftFamily;
  readonly commands: readonly string[];
}

/** Applies transactions to one table, one at a time, in the order of the calls. */
export interface NftSession {
  /** @throws {CommandError} when it is unknown whether the transaction took effect */
  commit(transaction: NftTransaction): Promise<NftCommit>;
  /**
   * Whether the last transaction that took effect in this family is still the table's last one. False when another
   * process has removed the table or writes to it. Only reads.
   */
  isLatest(family: NftFamily): Promise<boolean>;
  /** Whether a transaction with this number in the revision set is, or will be, one of this session's. */
  hasIssued(revision: number): boolean;
  /** Asks nft and the kernel about a transaction of any size without applying it. */
  check(transaction: NftTransaction): Promise<NftCommit>;
  /** Ends the helper process. */
  close(): Promise<void>;
}

export interface NftSessionOptions {
  readonly commands: CommandRunner;
  readonly table: string;
  readonly log: Logger;
}

/**
 * nft -i reads its lines through a line editor, which takes a millisecond for each KiB: above this size a new process is
 * faster. It also frees the memory of its parser.
 *
 * Also, nft -i takes a cut line at the end of its input for a whole one. A line of this length is never cut, because it goes into
 * the empty socket with one write, which the kernel does as a whole or not at all (one buffer, see unix_stream_sendmsg).
 */
const maxInteractiveLength = 32 * 1024;
const oneShotTimeoutMs = 120_000;

/**
 * A session over a long-lived `nft -i`: one line is one transaction and costs a third of a millisecond; a process
 * for each would cost 15. Every transaction also writes a fresh number into the revision set; reading it back shows whether the
 * transaction was committed. Large transactions go through `nft -f -`, and so does everything when `nft -i` does not work. If this
 * process is killed, nft has received the whole transaction or nothing of it.
 */
export function createNftSession(options: NftSessionOptions): NftSession {
  const transactions = new RevisedTransactions(options);
  const inTurn = createMutex();
  return {
    commit: (transaction) => inTurn(() => transactions.commit(transaction)),
    isLatest: (family) => inTurn(() => transactions.isLatest(family)),
    hasIssued: (revision) => transactions.hasIssued(revision),
    check: (transaction) => inTurn(() => transactions.check(transaction)),
    close: () => inTurn(() => transactions.close()),
  };
}

/** Numbers the transactions of a session and chooses the way in which each reaches the kernel. One call at a time. */
class RevisedTransactions implements NftSession {
  readonly #commands: CommandRunner;
  readonly #table: string;
  readonly #nft: RestartingNft;
  readonly #firstNumber = randomInt(1, 2 ** 30);
  #lastNumber = this.#firstNumber;
  readonly #latest = new Map<NftFamily, NftRevision>();

  constructor({ commands, table, log }: NftSessionOptions) {
    this.#commands = commands;
    this.#table = table;
    this.#nft = new RestartingNft({ commands, log });
  }

  async commit({ family, commands }: NftTransaction): Promise<NftCommit> {
    this.#lastNumber += 1;
    const revision = { table: `${family} ${this.#table}`, number: this.#lastNumber };
    const result = await this.#commitAs(revision, commands);
    if (result.kind === "committed") this.#latest.set(family, revision);
    return result;
  }

  async isLatest(family: NftFamily): Promise<boolean> {
    const revision = this.#latest.get(family);
    if (revision === undefined) return false;
    if (this.#nft.isGivenUp) return this.#isRevision(revision);
    return (await this.#nft.use((nft) => nft.isRevision(revision))) ?? this.#isRevision(revision);
  }

  hasIssued(revision: number): boolean {
    return revision > this.#firstNumber && revision <= this.#lastNumber;
  }

  check({ commands }: NftTransaction): Promise<NftCommit> {
    return this.#oneShot(commands, ["--check"]);
  }

  close(): Promise<void> {
    return this.#nft.stop();
  }

  async #commitAs(revision: NftRevision, commands: readonly string[]): Promise<NftCommit> {
    const revised = [...commands, ...writeRevision(revision)];
    const line = revised.join("; ");
    if (line.length > maxInteractiveLength || this.#nft.isGivenUp) return this.#oneShot(revised);
    const answer = await this.#nft.use((nft) => nft.commit(line, revision));
    if (answer !== undefined) return answer;
    if (await this.#isRevision(revision)) return { kind: "committed" };
    return this.#oneShot(revised);
  }

  async #oneShot(commands: readonly string[], args: readonly string[] = []): Promise<NftCommit> {
    const { exitCode, stderr } = await this.#commands.run("nft", [...args, "-f", "-"], {
      input: `${commands.join("\n")}\n`,
      timeoutMs: oneShotTimeoutMs,
    });
    return exitCode === 0 ? { kind: "committed" } : refusalFrom(stderr);
  }

  async #isRevision(revision: NftRevision): Promise<boolean> {
    const { stdout } = await this.#commands.run("nft", listRevision(revision));
    return isRevisionIn(stdout, revision);
  }
}
