import type { Clock } from "../../platform/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { familyOf, type IpFamily } from "../../platform/ip/address.ts";
import type { Logger } from "../../platform/log.ts";
import { Doorbell } from "../doorbell.ts";
import type { ServiceName } from "../services/desired-state.ts";
import type { UdpServicePort } from "../services/udp-service-ports.ts";
import { type ChangedFrontend, ChangedFrontends, judgeFrontends } from "./changed-frontends.ts";
import type { ConntrackMetrics } from "./conntrack-metrics.ts";
import type { FlowTable } from "./flow-table.ts";
import { findStaleFlows } from "./stale-flows.ts";

const retryMs = 30_000;

export interface UdpRepairDeps {
  readonly flows: FlowTable;
  readonly metrics: ConntrackMetrics;
  /** {@link UdpRepair.problem} differs from before. */
  readonly onProblemChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Frees UDP clients from endpoints that do not answer any more. The kernel decides where a flow goes at its first packet,
 * and a UDP flow never ends by itself while its client keeps sending: without this a client of a DNS server that was
 * replaced would go on asking the old one.
 */
export class UdpRepair {
  readonly #deps: UdpRepairDeps;
  readonly #doorbell: Doorbell;
  readonly #changed = new ChangedFrontends();
  /** Frontends whose flows have to be looked at. */
  readonly #pending = new Map<string, ChangedFrontend>();
  #current: ReadonlyMap<ServiceName, readonly UdpServicePort[]> = new Map();
  #problem: string | undefined;

  constructor(deps: UdpRepairDeps) {
    this.#deps = deps;
    this.#doorbell = new Doorbell(deps.clock);
  }

  /** Why flows cannot be looked at; undefined when they can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * To be called when the kernel sends new flows of these Services to where they should go: flows deleted earlier would come
   * back as they were.
   *
   * @param services those whose UDP ports differ from the last call
   * @param current read again later: a flow that has found a newer endpoint in the meantime is a good one
   */
  repair(
    services: Iterable<ServiceName>,
    current: ReadonlyMap<ServiceName, readonly UdpServicePort[]>,
  ): void {
    this.#current = current;
    for (const [key, changed] of this.#changed.settle(services, current)) this.#pending.set(key, changed);
    if (this.#pending.size > 0) this.#doorbell.ring();
  }

  /** Runs until `signal` aborts. Never rejects: what fails is tried again, and is a {@link problem} until then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#doorbell.wait(this.#pending.size > 0 ? retryMs : Infinity, signal);
      if (this.#pending.size > 0 && !signal.aborted) await this.#repairPending();
    }
  }

  async #repairPending(): Promise<void> {
    const changed = new Map(this.#pending);
    this.#pending.clear();
    try {
      for (const family of ["IPv4", "IPv6"] as const) await this.#repairFamily(family, changed);
      this.#setProblem(undefined);
    } catch (error) {
      // What has changed in the meantime is newer.
      for (const [key, frontend] of changed) {
        if (!this.#pending.has(key)) this.#pending.set(key, frontend);
      }
      this.#setProblem(errorMessage(error));
    }
  }

  async #repairFamily(family: IpFamily, changed: ReadonlyMap<string, ChangedFrontend>): Promise<void> {
    const { flows, metrics, clock, log } = this.#deps;
    if (![...changed.values()].some(({ frontend }) => familyOf(frontend.address) === family)) return;
    const startMs = clock.monotonicMs();
    let deleted = 0;
    const listed = await flows.listUdpFlows(family);
    for (const flow of findStaleFlows(judgeFrontends(changed, this.#current), listed)) {
      deleted += await flows.deleteUdpFlows(flow);
    }
    const durationMs = clock.monotonicMs() - startMs;
    metrics.record(family, { durationMs, deleted });
    log.debug({ family, frontends: changed.size, deleted, durationMs }, "repaired UDP flows");
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== undefined) {
      this.#deps.log.warn({ reason: problem }, "UDP clients may keep sending to endpoints that are gone");
    }
    this.#deps.onProblemChange();
  }
}
