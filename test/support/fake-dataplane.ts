import type { ProxyMode } from "../../crds/api.ts";
import type {
  Abilities,
  Applied,
  Dataplane,
  ModeShare,
  RejectedService,
} from "../../agent/dataplane/dataplane.ts";
import type { DriftObserver } from "../../agent/dataplane/foreign-change.ts";
import type { SyncScope } from "../../agent/dataplane/mode-report.ts";
import { DataplaneRunner } from "../../agent/dataplane/runner.ts";
import type { DesiredService, ServiceName } from "../../agent/services/desired-state.ts";
import { createMutex } from "../../platform/async/mutex.ts";
import { silentLogger } from "../../platform/log.ts";

const allAbilities: Abilities = {
  algorithms: new Set(["Random", "RoundRobin", "LeastConnection", "SourceHash", "Maglev"]),
  protocols: new Set(["TCP", "UDP", "SCTP"]),
  affinity: true,
  sourceRanges: true,
  kernelLeastConnection: false,
  flows: "conntrackNat",
  servesLoopback: false,
  survivesAgent: true,
};

/** A dataplane without a kernel that remembers what it was asked and what it holds. */
export class FakeDataplane implements Dataplane {
  readonly mode: ProxyMode;
  abilities: Abilities = allAbilities;
  /** What the node lacks for it. */
  missing: readonly string[] = [];
  /** Thrown by the next refills and updates, one each. */
  readonly failures: Error[] = [];
  /** The refills, as full, and the updates. */
  readonly syncs: SyncScope[] = [];
  readonly calls: string[] = [];
  /** Services as they are in its kernel. */
  readonly held = new Map<ServiceName, DesiredService>();
  /** Services whose packets it lets pass. */
  readonly passing = new Set<ServiceName>();
  /** Services that it refuses, with the reason. */
  readonly refused = new Map<ServiceName, string>();
  /** Services that make it throw, with the message. */
  readonly faulty = new Map<ServiceName, string>();
  /** Whether an earlier process has left rules. */
  hasOldRules = false;
  /** Called after each change of what it holds. */
  onChange: (() => void) | undefined;
  /** Is notified of external changes. */
  observer: DriftObserver | undefined;
  #gate: Promise<void> = Promise.resolve();
  #isProgrammed = false;
  #running = 0;
  /** Most refills and updates that ran at the same time. */
  mostAtOnce = 0;

  constructor(mode: ProxyMode = "nftables") {
    this.mode = mode;
  }

  /** Keeps refills and updates from ending until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  hasState(): Promise<boolean> {
    return Promise.resolve(this.hasOldRules || this.#isProgrammed);
  }

  missingRequirements(): Promise<readonly string[]> {
    this.calls.push("missingRequirements");
    return Promise.resolve(this.missing);
  }

  toolVersions(): Promise<Readonly<Record<string, string>>> {
    return Promise.resolve({});
  }

  async refill(share: ModeShare): Promise<Applied> {
    await this.#begin("refill", { kind: "full" });
    const names = [...share.services.keys(), ...share.elsewhere.keys()];
    this.#requireSound(share, names);
    for (const name of [...this.held.keys(), ...this.passing]) {
      if (!names.includes(name)) this.#put(name, undefined, false);
    }
    return this.#apply(share, names);
  }

  async update(share: ModeShare, changed: ReadonlySet<ServiceName>): Promise<Applied> {
    await this.#begin("update", { kind: "partial", services: new Set(changed) });
    this.#requireSound(share, changed);
    return this.#apply(share, changed);
  }

  findFault({ name }: DesiredService): string | undefined {
    return this.faulty.get(name);
  }

  watchDrift(observer: DriftObserver): void {
    this.observer = observer;
  }

  cleanup(): Promise<void> {
    this.calls.push("cleanup");
    for (const name of this.held.keys()) this.#put(name, undefined, false);
    this.passing.clear();
    this.#isProgrammed = false;
    this.hasOldRules = false;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push("close");
    return Promise.resolve();
  }

  async #begin(call: "refill" | "update", scope: SyncScope): Promise<void> {
    this.calls.push(call);
    this.syncs.push(scope);
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    await this.#gate;
    this.#running -= 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.#isProgrammed = true;
  }

  #requireSound({ services }: ModeShare, names: Iterable<ServiceName>): void {
    for (const name of names) {
      const fault = services.has(name) ? this.faulty.get(name) : undefined;
      if (fault !== undefined) throw new Error(fault);
    }
  }

  #apply({ services, elsewhere }: ModeShare, names: Iterable<ServiceName>): Applied {
    const rejected: RejectedService[] = [];
    let changes = 0;
    for (const name of names) {
      const service = services.get(name);
      const reason = service && this.refused.get(name);
      if (reason !== undefined) rejected.push({ service: name, reason });
      this.#put(name, reason === undefined ? service : undefined, elsewhere.has(name));
      changes += 1;
    }
    return { changes, rejected };
  }

  #put(name: ServiceName, service: DesiredService | undefined, passes: boolean): void {
    if (service === undefined) this.held.delete(name);
    else this.held.set(name, service);
    if (passes) this.passing.add(name);
    else this.passing.delete(name);
    this.onChange?.();
  }
}

/** The runners of these modes, by mode. */
export function makeRunners(...dataplanes: readonly Dataplane[]): ReadonlyMap<ProxyMode, DataplaneRunner> {
  return new Map(
    dataplanes.map((dataplane) => [
      dataplane.mode,
      new DataplaneRunner({ dataplane, inTurn: createMutex(), log: silentLogger }),
    ]),
  );
}
