import { CommandError, type CommandRunner, type RunningCommand } from "../command/command.ts";
import { type NftCommit, refusalFrom } from "./nft-commit.ts";
import { isRevisionIn, listRevision, type NftRevision } from "./nft-revision.ts";

const answerTimeoutMs = 20_000;

/** `describe` answers from nft's own tables without asking the kernel; its output marks the end of a transaction. */
const endMarkerCommand = "describe meta mark";
const endMarker = /^meta expression, datatype mark .*$/m;

/** One `nft -i` process, where each line is one transaction. Takes one request at a time. */
export class InteractiveNft {
  readonly #child: RunningCommand;
  #lines = 0;
  #stdout = "";
  #stderr = "";
  #death: CommandError | undefined;
  #notify: () => void = ignore;

  constructor(commands: CommandRunner) {
    this.#child = commands.start("nft", ["-i"], {
      // nft -i reads and appends $HOME/.nft.history.
      env: { HOME: "/nonexistent" },
      onStdout: (text) => {
        this.#stdout += text;
        this.#notify();
      },
      onStderr: (text) => {
        this.#stderr += text;
        this.#notify();
      },
    });
    void this.#watchEnd();
  }

  /** Questions and transactions so far. */
  get lines(): number {
    return this.#lines;
  }

  /**
   * Commits a line that writes `revision`.
   * @throws {CommandError} when the process died or did not answer in time
   */
  async commit(line: string, revision: NftRevision): Promise<NftCommit> {
    if (await this.#ask([line], revision)) return { kind: "committed" };
    // Errors come through another pipe; one caused on purpose marks the end of this transaction's errors.
    const barrier = `barrier-${revision.number}`;
    this.#child.write(`list set ${revision.table} ${barrier}\n`);
    await this.#until(() => this.#stderr.includes(barrier));
    return refusalFrom(this.#stderr);
  }

  /**
   * Whether the table's last transaction is the one with `revision`.
   * @throws {CommandError} when the process died or did not answer in time
   */
  isRevision(revision: NftRevision): Promise<boolean> {
    return this.#ask([], revision);
  }

  /** Kills the process and waits for its end. */
  stop(): Promise<void> {
    return this.#child.stop();
  }

  /** Writes lines, then reads the revision back. */
  async #ask(lines: readonly string[], revision: NftRevision): Promise<boolean> {
    this.#stdout = "";
    this.#stderr = "";
    this.#lines += 1;
    this.#child.write([...lines, listRevision(revision).join(" "), endMarkerCommand, ""].join("\n"));
    await this.#until(() => endMarker.test(this.#stdout));
    return isRevisionIn(this.#stdout, revision);
  }

  /** Resolves when the expected text is in the output. */
  async #until(isDone: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const silence = new CommandError("nft", `nft -i did not answer within ${answerTimeoutMs} ms`);
    const timer = setTimeout(() => reject(silence), answerTimeoutMs);
    this.#notify = () => {
      if (isDone()) resolve(undefined);
      else if (this.#death !== undefined) reject(this.#death);
    };
    this.#notify();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#notify = ignore;
    }
  }

  async #watchEnd(): Promise<void> {
    this.#death = new CommandError("nft", await this.#child.ended);
    this.#notify();
  }
}

/** A waiter for nothing. */
function ignore(): void {}
