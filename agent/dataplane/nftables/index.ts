import { errorMessage } from "../../../platform/errors.ts";
import type { DesiredService, DesiredState, ServiceName } from "../../services/desired-state.ts";
import { CommandError } from "../../kernel/command.ts";
import { createNftSession, type NftFamily } from "../../kernel/nft-session.ts";
import type { Dataplane, RejectedService, SyncReport, UnsupportedFeature } from "../dataplane.ts";
import type { DataplaneDeps } from "../dataplanes.ts";
import { NftTable, TableStateError, type TableReport } from "./apply.ts";
import { removeTables } from "./cleanup.ts";
import { FrontendClaims } from "./frontend-claims.ts";
import { tableName } from "./names.ts";
import { missingRequirements } from "./requirements.ts";
import { ServiceCounts } from "./service-counts.ts";
import { unsupportedFeatures } from "./unsupported.ts";

/** Programs Services as elements of a few maps in a table of our own; `README.md` has the packet path. */
export function createNftablesDataplane(deps: DataplaneDeps): Dataplane {
  return new NftablesDataplane(deps);
}

/** Programmed before all others in a cold start: everybody needs names, and controllers need the API. */
const urgentServices: ReadonlySet<string> = new Set(["kube-system/kube-dns", "default/kubernetes"]);

class NftablesDataplane implements Dataplane {
  readonly mode = "nftables";
  readonly #deps: DataplaneDeps;
  readonly #session;
  readonly #tables: Readonly<Record<NftFamily, NftTable>>;
  #claims = new FrontendClaims();
  #counts = new ServiceCounts();
  readonly #unsupported = new Map<ServiceName, readonly UnsupportedFeature[]>();
  readonly #rejected = new Map<ServiceName, RejectedService>();
  /** Whether the kernel holds what we think it holds. */
  #isInStep = false;

  constructor(deps: DataplaneDeps) {
    const { commands, log } = deps;
    this.#deps = deps;
    this.#session = createNftSession({ commands, table: tableName, log });
    const table = (family: NftFamily): NftTable =>
      new NftTable({ family, session: this.#session, commands, log: log.child({ family }) });
    this.#tables = { ip: table("ip"), ip6: table("ip6") };
  }

  missingRequirements(): Promise<readonly string[]> {
    return missingRequirements(this.#deps.commands);
  }

  async sync(desired: DesiredState, scope: Parameters<Dataplane["sync"]>[1]): Promise<SyncReport> {
    const wasInStep = this.#isInStep;
    this.#isInStep = false;
    const changes =
      scope.kind === "partial" && wasInStep
        ? await this.#partialSync(desired, scope.services)
        : await this.#fullSync(desired);
    this.#isInStep = true;
    return {
      changes,
      servicePorts: this.#counts.servicePorts,
      endpoints: this.#counts.endpoints,
      unsupported: [...this.#unsupported.values()].flat(),
      rejected: [...this.#rejected.values()],
    };
  }

  async cleanup(): Promise<void> {
    this.#isInStep = false;
    await this.#session.close();
    await removeTables(this.#deps.commands);
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #fullSync(desired: DesiredState): Promise<number> {
    this.#claims = new FrontendClaims();
    this.#counts = new ServiceCounts();
    this.#unsupported.clear();
    this.#rejected.clear();
    const services = [...desired.services.values()].toSorted(urgentFirst);
    for (const service of services) this.#claims.update(service.name, service);
    const resolved = services.map((service) => this.#resolve(service));
    const ipv4 = await this.#tables.ip.refill(desired.node.ipv4, resolved);
    const ipv6 = await this.#tables.ip6.refill(desired.node.ipv6, resolved);
    return this.#finish([ipv4, ipv6]);
  }

  async #partialSync(desired: DesiredState, names: ReadonlySet<ServiceName>): Promise<number> {
    const affected = new Set(names);
    for (const name of names) {
      for (const other of this.#claims.update(name, desired.services.get(name))) affected.add(other);
    }
    const changes = [...affected].map((name) => {
      const service = desired.services.get(name);
      this.#rejected.delete(name);
      this.#counts.set(name, service);
      if (service === undefined) this.#unsupported.delete(name);
      return { name, after: service && this.#resolve(service) };
    });
    try {
      const ipv4 = await this.#tables.ip.update(changes);
      const ipv6 = await this.#tables.ip6.update(changes);
      return this.#finish([ipv4, ipv6]);
    } catch (error) {
      if (!(error instanceof TableStateError || error instanceof CommandError)) throw error;
      this.#deps.log.warn({ error: errorMessage(error) }, "programming everything anew");
      return this.#fullSync(desired);
    }
  }

  /** The Service without what belongs to others. Remembers what it does not get. */
  #resolve(desired: DesiredService): DesiredService {
    const { service, lost } = this.#claims.resolve(desired);
    const unsupported = unsupportedFeatures(desired, lost);
    if (unsupported.length === 0) this.#unsupported.delete(desired.name);
    else this.#unsupported.set(desired.name, unsupported);
    this.#counts.set(desired.name, desired);
    return service;
  }

  #finish(reports: readonly TableReport[]): number {
    for (const rejected of reports.flatMap((report) => report.rejected)) {
      this.#rejected.set(rejected.service, rejected);
      this.#counts.set(rejected.service, undefined);
    }
    return reports.reduce((sum, { changes }) => sum + changes, 0);
  }
}

function urgentFirst(left: DesiredService, right: DesiredService): number {
  const urgency = Number(urgentServices.has(right.name)) - Number(urgentServices.has(left.name));
  return urgency || (left.name < right.name ? -1 : 1);
}
