import { errorMessage } from "../../../platform/errors.ts";
import type { DesiredService, DesiredState, ServiceName } from "../../services/desired-state.ts";
import { CommandError } from "../../kernel/command/command.ts";
import { createNftSession, type NftFamily } from "../../kernel/nft/nft-session.ts";
import { createMutex } from "../../../platform/async/mutex.ts";
import type {
  Dataplane,
  DriftObserver,
  FrontendCount,
  RejectedService,
  SyncReport,
  SyncScope,
} from "../dataplane.ts";
import type { DataplaneDeps } from "../dataplane.ts";
import { NftTable, TableStateError, type TableReport } from "./apply.ts";
import { removeTables } from "./cleanup.ts";
import { DriftWatch } from "./drift-watch.ts";
import { estimateElements } from "./estimate-elements.ts";
import { frontendCapacity, type CapacityPolicy } from "./frontend-capacity.ts";
import { readFrontendCounts } from "./frontend-counts.ts";
import { tableName } from "./names.ts";
import { anyTableExists } from "./observe.ts";
import { RemovalTimer } from "./removal-timer.ts";
import { missingRequirements } from "./requirements.ts";
import { ServiceCounts } from "./service-counts.ts";

/** Programs Services as elements of a few maps in a table of our own; `README.md` has the packet path. */
export function createNftablesDataplane(
  deps: DataplaneDeps,
  { capacityFor = frontendCapacity }: { readonly capacityFor?: CapacityPolicy } = {},
): Dataplane {
  return new NftablesDataplane(deps, capacityFor);
}

/** Programmed before all others in a cold start: everybody needs names, and controllers need the API. */
const urgentServices: ReadonlySet<string> = new Set(["kube-system/kube-dns", "default/kubernetes"]);

/**
 * Nobody listens while more than so many elements are programmed anew: the kernel needs 5 µs for the message about each that goes or
 * comes.
 */
const mostElementsHeard = 20_000;

class NftablesDataplane implements Dataplane {
  readonly mode = "nftables";
  readonly #deps: DataplaneDeps;
  readonly #session;
  readonly #tables: Readonly<Record<NftFamily, NftTable>>;
  readonly #inTurn = createMutex();
  readonly #removal;
  #counts = new ServiceCounts();
  readonly #rejected = new Map<ServiceName, RejectedService>();
  /** Whether the kernel holds what we think it holds. */
  #isInStep = false;
  #drift: { readonly observer: DriftObserver; readonly watch: DriftWatch } | undefined;

  constructor(deps: DataplaneDeps, capacityFor: CapacityPolicy) {
    const { commands, log } = deps;
    this.#deps = deps;
    this.#session = createNftSession({ commands, table: tableName, log });
    const table = (family: NftFamily): NftTable =>
      new NftTable({ ...deps, capacityFor, family, session: this.#session, log: log.child({ family }) });
    this.#tables = { ip: table("ip"), ip6: table("ip6") };
    this.#removal = new RemovalTimer({
      ...deps,
      tables: Object.values(this.#tables),
      inTurn: this.#inTurn,
    });
  }

  missingRequirements(): Promise<readonly string[]> {
    return missingRequirements(this.#deps.commands);
  }

  hasRules(): Promise<boolean> {
    return anyTableExists(this.#deps.commands);
  }

  sync(desired: DesiredState, scope: SyncScope): Promise<SyncReport> {
    return this.#inTurn(() => this.#sync(desired, scope));
  }

  async readFrontendCounts(): Promise<readonly FrontendCount[]> {
    const { commands } = this.#deps;
    return [...(await readFrontendCounts(commands, "ip")), ...(await readFrontendCounts(commands, "ip6"))];
  }

  watchDrift(observer: DriftObserver): void {
    const watch = new DriftWatch({
      ...this.#deps,
      observer,
      session: this.#session,
      findForeign: () => this.#findForeign(),
    });
    this.#drift = { observer, watch };
  }

  cleanup(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isInStep = false;
      await this.#close();
      await removeTables(this.#deps.commands);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#removal.stop();
    await this.#drift?.watch.stop();
    await this.#session.close();
  }

  async #sync(desired: DesiredState, scope: SyncScope): Promise<SyncReport> {
    const wasInStep = this.#isInStep;
    this.#isInStep = false;
    const done =
      scope.kind === "partial" && wasInStep
        ? await this.#partialSync(desired, scope.services)
        : await this.#fullSync(desired);
    this.#isInStep = true;
    this.#removal.start();
    return {
      ...done,
      servicePorts: this.#counts.servicePorts,
      endpoints: this.#counts.endpoints,
      unsupported: [],
      rejected: [...this.#rejected.values()],
    };
  }

  async #findForeign(): Promise<readonly string[]> {
    const foreign: string[] = [];
    for (const family of ["ip", "ip6"] as const) {
      if (!(await this.#tables[family].isLatest())) foreign.push(`${family} ${tableName}`);
    }
    return foreign;
  }

  async #fullSync(desired: DesiredState): Promise<Pick<SyncReport, "scope" | "changes">> {
    const { watch, observer } = this.#drift ?? {};
    watch?.hold();
    try {
      if (isBig(desired)) await watch?.stop();
      const changes = await this.#refillTables(desired);
      observer?.onRestored();
      watch?.start();
      return { scope: "full", changes };
    } finally {
      watch?.release();
    }
  }

  async #refillTables(desired: DesiredState): Promise<number> {
    this.#counts = new ServiceCounts();
    this.#rejected.clear();
    const services = [...desired.services.values()].toSorted(urgentFirst);
    for (const service of services) this.#account(service.name, service);
    const ipv4 = await this.#tables.ip.refill(desired.node.ipv4, services);
    const ipv6 = await this.#tables.ip6.refill(desired.node.ipv6, services);
    return this.#finish([ipv4, ipv6]);
  }

  async #partialSync(
    desired: DesiredState,
    names: ReadonlySet<ServiceName>,
  ): Promise<Pick<SyncReport, "scope" | "changes">> {
    const changes = [...names].map((name) => ({ name, after: desired.services.get(name) }));
    for (const { name, after } of changes) this.#account(name, after);
    try {
      const ipv4 = await this.#tables.ip.update(changes);
      const ipv6 = await this.#tables.ip6.update(changes);
      return { scope: "partial", changes: this.#finish([ipv4, ipv6]) };
    } catch (error) {
      if (!(error instanceof TableStateError || error instanceof CommandError)) throw error;
      this.#deps.log.warn({ error: errorMessage(error) }, "programming everything anew");
      return this.#fullSync(desired);
    }
  }

  /** Takes a Service into the report as if nothing of it were refused. */
  #account(name: ServiceName, service: DesiredService | undefined): void {
    this.#rejected.delete(name);
    this.#counts.set(name, service);
  }

  #finish(reports: readonly TableReport[]): number {
    for (const rejected of reports.flatMap((report) => report.rejected)) {
      this.#rejected.set(rejected.service, rejected);
      this.#counts.set(rejected.service, undefined);
    }
    return reports.reduce((sum, { changes }) => sum + changes, 0);
  }
}

function isBig({ services }: DesiredState): boolean {
  const sizes = [...services.values()].map(estimateElements);
  return sizes.reduce((sum, size) => sum + size, 0) > mostElementsHeard;
}

function urgentFirst(left: DesiredService, right: DesiredService): number {
  const urgency = Number(urgentServices.has(right.name)) - Number(urgentServices.has(left.name));
  return urgency || (left.name < right.name ? -1 : 1);
}
