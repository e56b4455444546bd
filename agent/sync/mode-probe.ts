import type { NodeProxySpec } from "../../crds/api.ts";
import { backoffDelayMs } from "../../platform/async/backoff.ts";
import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { WakeSignal } from "../../platform/async/wake-signal.ts";
import type { ModeSwitch } from "./mode-switch.ts";

const lookAgain = { baseDelayMs: 1_000, maxDelayMs: 30_000 };

export interface ModeProbeDeps {
  readonly modes: Pick<ModeSwitch, "findProblem">;
  /** The node can run the settings that were looked at; they are not looked at any more. */
  readonly onUsable: () => void;
  /** It cannot, for another reason than before: without a full stop. */
  readonly onProblem: (problem: string) => void;
  readonly clock: Clock;
  /** Like Math.random, for the jitter. */
  readonly random?: () => number;
}

/**
 * Looks whether the node can run a mode of new settings before they replace ones that work: again after 1 to 30 seconds
 * while it cannot.
 */
export class ModeProbe {
  readonly #deps: ModeProbeDeps;
  readonly #wakeSignal: WakeSignal;
  #settings: NodeProxySpec | undefined;
  #problem: string | undefined;
  #looks = 0;
  #nextLookMs = 0;

  constructor(deps: ModeProbeDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** Begins to look for these settings instead of others; undefined ends it. */
  lookFor(settings: NodeProxySpec | undefined): void {
    this.#settings = settings;
    this.#problem = undefined;
    this.#looks = 0;
    this.#nextLookMs = 0;
    this.#wakeSignal.wake();
  }

  /** Whether there are settings of which it is not known that the node can run them. */
  get isLooking(): boolean {
    return this.#settings !== undefined;
  }

  /** Why the node cannot run them, without a full stop; undefined while that is not known. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Runs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const settings = this.#settings;
      const waitMs = this.#nextLookMs - this.#deps.clock.monotonicMs();
      if (settings === undefined) await this.#wakeSignal.wait(Infinity, signal);
      else if (waitMs > 0) await this.#wakeSignal.wait(waitMs, signal);
      else await this.#look(settings);
    }
  }

  async #look(settings: NodeProxySpec): Promise<void> {
    const { clock, random, onUsable, onProblem } = this.#deps;
    const problem = await this.#findProblem(settings);
    // Others may have come meanwhile.
    if (settings !== this.#settings) return;
    if (problem === undefined) {
      this.lookFor(undefined);
      onUsable();
      return;
    }
    this.#looks += 1;
    this.#nextLookMs = clock.monotonicMs() + backoffDelayMs(this.#looks, lookAgain, random);
    if (problem === this.#problem) return;
    this.#problem = problem;
    onProblem(problem);
  }

  async #findProblem({ config }: NodeProxySpec): Promise<string | undefined> {
    try {
      return await this.#deps.modes.findProblem(config);
    } catch (error) {
      return `it cannot be told what the node lacks: ${errorMessage(error)}`;
    }
  }
}
