import type { Clock } from "../../../platform/async/clock.ts";
import { errorMessage } from "../../../platform/errors.ts";
import { familyOf, type IpFamily } from "../../../platform/ip/address.ts";
import type { Logger } from "../../../platform/log.ts";
import { WakeSignal } from "../../../platform/async/wake-signal.ts";
import type { Clause } from "../../../platform/text/clause.ts";
import type { DesiredService, ServiceName } from "../../services/desired-state.ts";
import type { UdpServicePort } from "../../services/catalog/udp-service-ports.ts";
import { type ChangedFrontend, ChangedFrontends, judgeFrontends } from "./changed-frontends.ts";
import type { ConntrackMetrics } from "../../metrics/conntrack-metrics.ts";
import type { FlowTable } from "../../kernel/conntrack/flow-table.ts";
import { findStaleFlows } from "./stale-flows.ts";
import { findStuckAttempts } from "./stuck-attempts.ts";

const retryMs = 30_000;

export interface FlowRepairDeps {
  readonly flows: FlowTable;
  readonly metrics: ConntrackMetrics;
  /** {@link FlowRepair.problem} differs from before. */
  readonly onProblemChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Frees clients from what the kernel has decided about their flow at its first packet, where that has become wrong:
 * - A UDP flow never ends by itself while its client keeps sending: a client of a DNS server that was replaced keeps
 *   asking the old one.
 * - A TCP connection that was begun while the rules were missing stays untranslated. Its client sends the first packet
 *   again and again and never gets an answer, and so does the next client that gets its port within two minutes.
 */
export class FlowRepair {
  readonly #deps: FlowRepairDeps;
  readonly #wakeSignal: WakeSignal;
  readonly #changed = new ChangedFrontends();
  /** UDP frontends whose flows have to be looked at. */
  readonly #pending = new Map<string, ChangedFrontend>();
  #current: ReadonlyMap<ServiceName, readonly UdpServicePort[]> = new Map();
  /** Services whose TCP connections have to be looked at. */
  #attempted: (() => Iterable<DesiredService>) | undefined;
  #problem: Clause | undefined;

  constructor(deps: FlowRepairDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** Why flows cannot be looked at; undefined when they can. */
  get problem(): Clause | undefined {
    return this.#problem;
  }

  /**
   * To be called when the kernel sends new flows of these Services to where they should go: flows deleted earlier would come
   * back as they were.
   *
   * @param services those whose UDP ports differ from the last call, or whose rules may have been missing
   * @param current read again later: a flow that has found a newer endpoint in the meantime is a good one
   */
  repairUdp(
    services: Iterable<ServiceName>,
    current: ReadonlyMap<ServiceName, readonly UdpServicePort[]>,
  ): void {
    this.#current = current;
    for (const [key, changed] of this.#changed.settle(services, current)) this.#pending.set(key, changed);
    if (this.#pending.size > 0) this.#wakeSignal.wake();
  }

  /**
   * To be called likewise, after a time in which rules may have been missing.
   *
   * @param services read later
   */
  releaseAttempts(services: () => Iterable<DesiredService>): void {
    this.#attempted = services;
    this.#wakeSignal.wake();
  }

  /** Runs until `signal` aborts. Never rejects: what fails is tried again, and is a {@link problem} until then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wakeSignal.wait(this.#isPending() ? retryMs : Infinity, signal);
      if (this.#isPending() && !signal.aborted) await this.#repairPending();
    }
  }

  #isPending(): boolean {
    return this.#pending.size > 0 || this.#attempted !== undefined;
  }

  async #repairPending(): Promise<void> {
    const changed = new Map(this.#pending);
    const attempted = this.#attempted;
    this.#pending.clear();
    this.#attempted = undefined;
    try {
      for (const family of ["IPv4", "IPv6"] as const) {
        await this.#repairFamily(family, changed, attempted);
      }
      this.#setProblem(undefined);
    } catch (error) {
      // What has changed in the meantime is newer.
      for (const [key, frontend] of changed) {
        if (!this.#pending.has(key)) this.#pending.set(key, frontend);
      }
      this.#attempted ??= attempted;
      this.#setProblem(errorMessage(error));
    }
  }

  async #repairFamily(
    family: IpFamily,
    changed: ReadonlyMap<string, ChangedFrontend>,
    attempted: (() => Iterable<DesiredService>) | undefined,
  ): Promise<void> {
    const { flows, metrics, clock, log } = this.#deps;
    const hasUdp = [...changed.values()].some(({ frontend }) => familyOf(frontend.address) === family);
    if (!hasUdp && attempted === undefined) return;
    const startMs = clock.monotonicMs();
    let deleted = 0;
    if (hasUdp) {
      const listed = await flows.listUdpFlows(family);
      for (const flow of findStaleFlows(judgeFrontends(changed, this.#current), listed)) {
        deleted += await flows.deleteUdpFlows(flow);
      }
    }
    if (attempted !== undefined) {
      const listed = await flows.listTcpAttempts(family);
      for (const flow of findStuckAttempts(attempted(), listed)) {
        deleted += await flows.deleteTcpAttempts(flow);
      }
    }
    const durationMs = clock.monotonicMs() - startMs;
    metrics.record(family, { durationMs, deleted });
    log.debug({ family, frontends: changed.size, deleted, durationMs }, "repaired flows");
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
