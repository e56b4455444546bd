import type { ProxyMode } from "../../crds/api.ts";
import { createMutex, type Mutex } from "../../platform/async/mutex.ts";
import { errorMessage } from "../../platform/errors.ts";
import type { Logger } from "../../platform/log.ts";
import { CommandError } from "../kernel/command/command.ts";
import type { ServiceName } from "../services/desired-state.ts";
import {
  OutOfStepError,
  type Applied,
  type Dataplane,
  type DataplaneDeps,
  type DataplaneFactory,
  type ModeShare,
  type RejectedService,
} from "./dataplane.ts";
import type { ModeReport, SyncScope } from "./mode-report.ts";
import { ServedServices } from "./served-services.ts";
import { urgentFirst } from "./urgent-services.ts";

export interface DataplaneRunnerDeps extends Pick<DataplaneDeps, "inTurn" | "log"> {
  readonly dataplane: Dataplane;
}

/** A mode with its runner, which share what keeps their work apart. */
export function createRunner(create: DataplaneFactory, deps: Omit<DataplaneDeps, "inTurn">): DataplaneRunner {
  const inTurn = createMutex();
  return new DataplaneRunner({ dataplane: create({ ...deps, inTurn }), inTurn, log: deps.log });
}

/**
 * What is the same for every mode: calls one at a time, a refill whenever the kernel may not hold the last result, Services at
 * fault left out, and the report.
 */
export class DataplaneRunner {
  readonly dataplane: Dataplane;
  readonly #inTurn: Mutex;
  readonly #log: Logger;
  readonly #served: ServedServices;
  /** Whether the kernel holds what the last call has written. */
  #isInStep = false;
  #isRunning = false;

  constructor({ dataplane, inTurn, log }: DataplaneRunnerDeps) {
    this.dataplane = dataplane;
    this.#inTurn = inTurn;
    this.#log = log;
    this.#served = new ServedServices(dataplane);
  }

  get mode(): ProxyMode {
    return this.dataplane.mode;
  }

  /** Whether a sync was successful since the agent started or the mode was cleaned up. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Whether the mode serves the Service, as of the last successful call. */
  has(service: ServiceName): boolean {
    return this.#served.has(service);
  }

  /** The Services that the mode serves, likewise. */
  services(): MapIterator<ServiceName> {
    return this.#served.names();
  }

  /** How many Services the mode serves, likewise. */
  get size(): number {
    return this.#served.size;
  }

  /**
   * Makes the kernel match `share`. A Service that is refused, or cannot be written, is left out and reported; all others are
   * programmed. Rejects only when nothing could be programmed; the next sync is then a full one.
   */
  sync(share: ModeShare, scope: SyncScope): Promise<ModeReport> {
    return this.#inTurn(() => this.#sync(share, scope));
  }

  /** The kernel does not hold what it should: the next sync is a full one. */
  expectDamage(): void {
    this.#isInStep = false;
  }

  /** Removes everything this mode can have left on the node. It serves nothing from now on, also when that fails halfway. */
  cleanup(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isInStep = false;
      this.#isRunning = false;
      this.#served.clear();
      await this.dataplane.cleanup();
    });
  }

  /** Ends helper processes; kernel state stays. */
  close(): Promise<void> {
    return this.#inTurn(() => this.dataplane.close());
  }

  async #sync(share: ModeShare, scope: SyncScope): Promise<ModeReport> {
    const wasInStep = this.#isInStep;
    this.#isInStep = false;
    const done =
      scope.kind === "partial" && wasInStep
        ? await this.#update(share, scope.services)
        : await this.#refill(share);
    this.#isInStep = true;
    this.#isRunning = true;
    return { mode: this.mode, ...done, ...this.#served.report() };
  }

  async #update(
    share: ModeShare,
    changed: ReadonlySet<ServiceName>,
  ): Promise<Pick<ModeReport, "scope" | "changes">> {
    try {
      const applied = await this.#leaveOutFaulty(share, changed, (sound) =>
        this.dataplane.update(sound, changed),
      );
      for (const name of changed) this.#served.set(name, share.services.get(name));
      return this.#record(applied, "partial");
    } catch (error) {
      if (!(error instanceof OutOfStepError || error instanceof CommandError)) throw error;
      this.#log.warn({ mode: this.mode, error: errorMessage(error) }, "reprogramming everything");
      return this.#refill(share);
    }
  }

  async #refill(share: ModeShare): Promise<Pick<ModeReport, "scope" | "changes">> {
    const ordered = { ...share, services: urgentFirst(share.services) };
    const all = [...ordered.services.keys(), ...ordered.elsewhere.keys()];
    const applied = await this.#leaveOutFaulty(ordered, all, (sound) => this.dataplane.refill(sound));
    this.#served.clear();
    for (const [name, service] of ordered.services) this.#served.set(name, service);
    return this.#record(applied, "full");
  }

  #record({ changes, rejected }: Applied, scope: ModeReport["scope"]): Pick<ModeReport, "scope" | "changes"> {
    for (const service of rejected) this.#served.reject(service);
    return { scope, changes };
  }

  /** Repeats a call that threw without the Services at fault, if there are any among the suspects. */
  async #leaveOutFaulty(
    share: ModeShare,
    suspects: Iterable<ServiceName>,
    call: (share: ModeShare) => Promise<Applied>,
  ): Promise<Applied> {
    try {
      return await call(share);
    } catch (error) {
      if (error instanceof OutOfStepError || error instanceof CommandError) throw error;
      const faulty = this.#findFaulty(share, suspects);
      if (faulty.length === 0) throw error;
      const { changes, rejected } = await call(without(share, faulty));
      return { changes, rejected: [...rejected, ...faulty] };
    }
  }

  #findFaulty(share: ModeShare, suspects: Iterable<ServiceName>): readonly RejectedService[] {
    return [...suspects].flatMap((name) => {
      const service = share.services.get(name) ?? share.elsewhere.get(name);
      const reason = service && this.dataplane.findFault?.(service);
      return reason === undefined ? [] : [{ service: name, reason }];
    });
  }
}

function without(share: ModeShare, faulty: readonly RejectedService[]): ModeShare {
  const services = new Map(share.services);
  const elsewhere = new Map(share.elsewhere);
  for (const { service } of faulty) {
    services.delete(service);
    elsewhere.delete(service);
  }
  return { ...share, services, elsewhere };
}
