import type { ProxyMode } from "../../crds/api.ts";
import type { Logger } from "../../platform/log.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";

/** Cleans up modes that serve no Service, including rules of an earlier process. */
export class IdleModes {
  readonly #log: Logger;
  /** Modes that are known to have no rules left. */
  readonly #clean = new Set<ProxyMode>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** To be called before the mode is used. */
  use(mode: ProxyMode): void {
    this.#clean.delete(mode);
  }

  /** Removes the rules of these modes once. A mode that fails is tried again in the next call. */
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
