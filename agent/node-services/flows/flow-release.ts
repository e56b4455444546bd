import type { Clock } from "../../../platform/async/clock.ts";
import { errorMessage } from "../../../platform/errors.ts";
import type { Logger } from "../../../platform/log.ts";
import { WakeSignal } from "../../../platform/async/wake-signal.ts";
import type { Clause } from "../../../platform/text/clause.ts";
import type { Dataplane } from "../../dataplane/dataplane.ts";
import type { UdpServicePort } from "../../services/catalog/udp-service-ports.ts";
import type { ServiceName } from "../../services/desired-state.ts";

const retryMs = 30_000;

export interface FlowReleaseDeps {
  /** {@link FlowRelease.problem} differs from before. */
  readonly onProblemChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

type UdpServicePorts = ReadonlyMap<ServiceName, readonly UdpServicePort[]>;

/** Asks modes that carry flows themselves to end those to endpoints that are gone. */
export class FlowRelease {
  readonly #deps: FlowReleaseDeps;
  readonly #wakeSignal: WakeSignal;
  readonly #pending = new Map<Dataplane, Map<ServiceName, readonly UdpServicePort[]>>();
  #problem: Clause | undefined;

  constructor(deps: FlowReleaseDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** Why flows cannot be ended; undefined when they can. */
  get problem(): Clause | undefined {
    return this.#problem;
  }

  /** To be called when the mode sends new flows of the Service to these endpoints. */
  add(dataplane: Dataplane, service: ServiceName, ports: readonly UdpServicePort[]): void {
    const pending = this.#pending.get(dataplane) ?? new Map<ServiceName, readonly UdpServicePort[]>();
    this.#pending.set(dataplane, pending.set(service, ports));
    this.#wakeSignal.wake();
  }

  /** Runs until `signal` aborts. Never rejects: what fails is tried again, and is a {@link problem} until then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wakeSignal.wait(this.#pending.size > 0 ? retryMs : Infinity, signal);
      if (!signal.aborted) await this.#releasePending();
    }
  }

  async #releasePending(): Promise<void> {
    const pending = [...this.#pending];
    this.#pending.clear();
    const problems: string[] = [];
    for (const [dataplane, changed] of pending) {
      try {
        await this.#release(dataplane, changed);
      } catch (error) {
        problems.push(`mode ${dataplane.mode}: ${errorMessage(error)}`);
        // What has changed in the meantime is newer.
        const newer = this.#pending.get(dataplane) ?? new Map<ServiceName, readonly UdpServicePort[]>();
        this.#pending.set(dataplane, new Map([...changed, ...newer]));
      }
    }
    this.#setProblem(problems.length === 0 ? undefined : problems.join("; "));
  }

  async #release(dataplane: Dataplane, changed: UdpServicePorts): Promise<void> {
    const ended = (await dataplane.releaseFlows?.(changed)) ?? 0;
    this.#deps.log.debug({ mode: dataplane.mode, services: changed.size, ended }, "released flows");
  }

  #setProblem(problem: Clause | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== undefined) {
      this.#deps.log.warn({ reason: problem }, "clients may keep sending to endpoints that are gone");
    }
    this.#deps.onProblemChange();
  }
}
