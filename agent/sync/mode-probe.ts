import type { NodeProxySpec } from "../../crds/api.ts";
import { backoffDelayMs } from "../../platform/async/backoff.ts";
import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { WakeSignal } from "../../platform/async/wake-signal.ts";
import type { Clause } from "../../platform/text/clause.ts";
import type { ModeSwitch } from "./mode-switch.ts";

const checkAgain = { baseDelayMs: 1_000, maxDelayMs: 30_000 };

export interface ModeProbeDeps {
  readonly modes: Pick<ModeSwitch, "findProblem">;
  /** The settings to check the node for; undefined while there are none. */
  readonly settings: () => NodeProxySpec | undefined;
  /** Called after each check; `problem` says why the node can run no mode of theirs. */
  readonly onChecked: (settings: NodeProxySpec, problem: Clause | undefined) => void;
  readonly clock: Clock;
  /** Like Math.random, for the jitter. */
  readonly random?: () => number;
}

/**
 * Checks whether the node can run a mode of new settings before they replace ones that work: again after 1 to 30 seconds
 * while it cannot.
 */
export class ModeProbe {
  readonly #deps: ModeProbeDeps;
  readonly #wakeSignal: WakeSignal;
  /** The settings that the pause before the next check applies to. */
  #checked: NodeProxySpec | undefined;
  #checks = 0;
  #nextCheckMs = 0;

  constructor(deps: ModeProbeDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** The settings to check may differ. */
  reconsider(): void {
    this.#wakeSignal.wake();
  }

  /** Runs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const settings = this.#deps.settings();
      const waitMs = this.#waitMs(settings);
      if (settings === undefined || waitMs > 0) await this.#wakeSignal.wait(waitMs, signal);
      else await this.#check(settings);
    }
  }

  #waitMs(settings: NodeProxySpec | undefined): number {
    if (settings === undefined) return Infinity;
    return settings === this.#checked ? this.#nextCheckMs - this.#deps.clock.monotonicMs() : 0;
  }

  async #check(settings: NodeProxySpec): Promise<void> {
    const { clock, random, onChecked } = this.#deps;
    const problem = await this.#findProblem(settings);
    this.#checks = settings === this.#checked ? this.#checks + 1 : 1;
    this.#checked = settings;
    this.#nextCheckMs = clock.monotonicMs() + backoffDelayMs(this.#checks, checkAgain, random);
    onChecked(settings, problem);
  }

  async #findProblem({ config }: NodeProxySpec): Promise<Clause | undefined> {
    try {
      return await this.#deps.modes.findProblem(config);
    } catch (error) {
      return `cannot determine what the node is missing: ${errorMessage(error)}`;
    }
  }
}
