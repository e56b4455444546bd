import { errorMessage } from "../../../platform/errors.ts";
import type { Logger } from "../../../platform/log.ts";
import type { CommandRunner } from "../command/command.ts";
import { InteractiveNft } from "./interactive-nft.ts";

/** The line history costs some 0.35 MB per 1000 lines. */
const maxLinesPerProcess = 20_000;
const maxFailedStarts = 3;

/** An `nft -i` that is started on demand, and restarted when it fails or has grown, until it has failed too often. */
export class RestartingNft {
  readonly #commands: CommandRunner;
  readonly #log: Logger;
  #process: InteractiveNft | undefined;
  #failures = 0;

  constructor({ commands, log }: { readonly commands: CommandRunner; readonly log: Logger }) {
    this.#commands = commands;
    this.#log = log;
  }

  /** Whether it failed so often in a row that it is no longer tried. */
  get isGivenUp(): boolean {
    return this.#failures >= maxFailedStarts;
  }

  /** The result of `work`; undefined when the process died or did not answer, so that the outcome is unknown. */
  async use<Result>(work: (nft: InteractiveNft) => Promise<Result>): Promise<Result | undefined> {
    if (this.#process !== undefined && this.#process.lines >= maxLinesPerProcess) await this.stop();
    this.#process ??= new InteractiveNft(this.#commands);
    try {
      const result = await work(this.#process);
      this.#failures = 0;
      return result;
    } catch (error) {
      this.#failures += 1;
      await this.stop();
      this.#warn(error);
      return undefined;
    }
  }

  /** Stops the process and waits for its end. */
  async stop(): Promise<void> {
    const stopped = this.#process;
    this.#process = undefined;
    await stopped?.stop();
  }

  #warn(error: unknown): void {
    const fallback = this.isGivenUp;
    this.#log.warn(
      { error: errorMessage(error), fallback },
      fallback ? "nft -i does not work here; using nft -f - from now on" : "nft -i failed and is restarted",
    );
  }
}
