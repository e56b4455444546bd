import { CommandError, type CommandRunner, type RunningCommand } from "../command/command.ts";
import { type NftCommit, refusalFrom } from "./nft-commit.ts";
import { isRevisionIn, listRevision, type NftRevision } from "./nft-revision.ts";

const answerTimeoutMs = 20_000;

/** `describe` answers from nft's own tables, whatever the kernel holds: its output marks the end of a transaction. */
const endMarkerCommand = "describe meta mark";
const endMarker = /^meta expression, datatype mark .*$/m;

/** One process `nft -i`, to which one line is one transaction. One question at a time. */
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
    // Errors come through another pipe; one that we cause on purpose ends what belongs to this transaction.
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

  /** Resolves when the output has what is waited for. */
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

/** Waits for nothing. */
function ignore(): void {}
