import type { ProxyMode } from "../../crds/api.ts";
import type { Dataplane, DriftObserver, SyncReport, SyncScope } from "../../agent/dataplane/dataplane.ts";
import type { DesiredState } from "../../agent/services/desired-state.ts";
import { makeSyncReport } from "./make-sync-outcome.ts";

/** A dataplane without a kernel that remembers what it was asked. */
export class FakeDataplane implements Dataplane {
  readonly mode: ProxyMode;
  hasLeastConnection = false;
  /** What the node lacks for it. */
  missing: readonly string[] = [];
  /** Thrown by the next syncs, one each. */
  readonly failures: Error[] = [];
  readonly syncs: SyncScope[] = [];
  readonly calls: string[] = [];
  /** What the next syncs tell. */
  report: Omit<SyncReport, "scope"> = makeSyncReport();
  /** Whether the kernel is found not as it should be: everything is done then. */
  findsDamage = false;
  /** Whether an earlier process has left rules. */
  hasOldRules = false;
  /** Who is to be told what others change. */
  observer: DriftObserver | undefined;
  #gate: Promise<void> = Promise.resolve();
  #running = 0;
  /** Most syncs that ran at the same time. */
  mostAtOnce = 0;

  constructor(mode: ProxyMode = "nftables") {
    this.mode = mode;
  }

  /** Keeps syncs from ending until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  hasRules(): Promise<boolean> {
    return Promise.resolve(this.hasOldRules || this.syncs.length > 0);
  }

  missingRequirements(): Promise<readonly string[]> {
    this.calls.push("missingRequirements");
    return Promise.resolve(this.missing);
  }

  async sync(_desired: DesiredState, scope: SyncScope): Promise<SyncReport> {
    this.calls.push("sync");
    this.syncs.push(scope);
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    await this.#gate;
    this.#running -= 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return { scope: this.findsDamage ? "full" : scope.kind, ...this.report };
  }

  watchDrift(observer: DriftObserver): void {
    this.observer = observer;
  }

  cleanup(): Promise<void> {
    this.calls.push("cleanup");
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.calls.push("close");
    return Promise.resolve();
  }
}
