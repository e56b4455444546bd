import type { ProxyMode } from "../../crds/api.ts";
import type { Logger } from "../../platform/log.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";

/** Cleans up modes that serve no Service, also what an earlier process has left. */
export class IdleModes {
  readonly #log: Logger;
  /** Modes that are known to have left nothing. */
  readonly #clean = new Set<ProxyMode>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The mode is about to be used. */
  use(mode: ProxyMode): void {
    this.#clean.delete(mode);
  }

  /** Removes the rules of these modes once. What fails is tried again with the next call. */
  async retire(runners: readonly DataplaneRunner[]): Promise<void> {
    for (const runner of runners) {
      if (!this.#clean.has(runner.mode)) await this.#retire(runner);
    }
  }

  async #retire(runner: DataplaneRunner): Promise<void> {
    const { mode, dataplane } = runner;
    try {
      if (runner.size > 0 || (await dataplane.hasState())) {
        await runner.cleanup();
        this.#log.info({ mode }, "removed the rules of a mode that serves no Service");
      }
      this.#clean.add(mode);
    } catch (error) {
      this.#log.warn({ mode, error }, "rules of another mode could not be removed, trying again later");
    }
  }
}
