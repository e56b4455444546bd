import { errorMessage } from "../../../platform/errors.ts";
import { createNftSession, type NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredService, ServiceName } from "../../services/desired-state.ts";
import type { Applied, Dataplane, DataplaneDeps, FrontendCount, ModeShare } from "../dataplane.ts";
import type { DriftObserver } from "../foreign-change.ts";
import { nftablesAbilities } from "./abilities.ts";
import type { ServiceChange } from "./applied-state.ts";
import { NftTable } from "./apply.ts";
import { buildService } from "./build-service.ts";
import { removeTables } from "./cleanup.ts";
import { DriftWatch } from "./drift-watch.ts";
import { estimateElements } from "./estimate-elements.ts";
import { frontendCapacity, type CapacityPolicy } from "./frontend-capacity.ts";
import { readFrontendCounts } from "./frontend-counts.ts";
import { tableName } from "./names.ts";
import { anyTableExists } from "./observe.ts";
import { RemovalTimer } from "./removal-timer.ts";
import { missingRequirements } from "./requirements.ts";
import { noRules, type TableRules } from "./spell-verdicts.ts";
import type { TableReport } from "./table-report.ts";
import { readNftVersion } from "./tool-version.ts";

/** Programs Services as elements of a few maps in a table of our own; `README.md` has the packet path. */
export function createNftablesDataplane(
  deps: DataplaneDeps,
  { capacityFor = frontendCapacity }: { readonly capacityFor?: CapacityPolicy } = {},
): Dataplane {
  return new NftablesDataplane(deps, capacityFor);
}

const families = ["ip", "ip6"] as const;

/** Nothing listens while more than so many elements are rewritten: the kernel needs 5 µs for the message about each. */
const mostElementsHeard = 20_000;

class NftablesDataplane implements Dataplane {
  readonly mode = "nftables";
  readonly abilities = nftablesAbilities;
  readonly #deps: DataplaneDeps;
  readonly #session;
  readonly #tables: Readonly<Record<NftFamily, NftTable>>;
  readonly #removal;
  #driftWatch: DriftWatch | undefined;
  /** What the base rules of both tables do, since the last refill. */
  #rules: Readonly<Record<NftFamily, TableRules>> = { ip: noRules, ip6: noRules };

  constructor(deps: DataplaneDeps, capacityFor: CapacityPolicy) {
    const { commands, log } = deps;
    this.#deps = deps;
    this.#session = createNftSession({ commands, table: tableName, log });
    const table = (family: NftFamily): NftTable =>
      new NftTable({ ...deps, capacityFor, family, session: this.#session, log: log.child({ family }) });
    this.#tables = { ip: table("ip"), ip6: table("ip6") };
    this.#removal = new RemovalTimer({ ...deps, tables: Object.values(this.#tables) });
  }

  missingRequirements(): Promise<readonly string[]> {
    return missingRequirements(this.#deps.commands);
  }

  async toolVersions(): Promise<Readonly<Record<string, string>>> {
    const nft = await readNftVersion(this.#deps.commands);
    return nft === undefined ? {} : { nft };
  }

  hasState(): Promise<boolean> {
    return anyTableExists(this.#deps.commands);
  }

  refill(share: ModeShare): Promise<Applied> {
    this.#rules = { ip: share.node.ipv4, ip6: share.node.ipv6 };
    const watch = this.#driftWatch;
    const refill = () => this.#refillTables(share);
    return watch === undefined ? refill() : watch.duringRefill({ isBig: isBig(share) }, refill);
  }

  async update({ services, elsewhere }: ModeShare, changed: ReadonlySet<ServiceName>): Promise<Applied> {
    const changes = [...changed].map((name): ServiceChange => {
      const passing = elsewhere.get(name);
      return passing === undefined
        ? { name, after: services.get(name) }
        : { name, after: passing, isElsewhere: true };
    });
    const ipv4 = await this.#tables.ip.update(changes);
    const ipv6 = await this.#tables.ip6.update(changes);
    return this.#finish([ipv4, ipv6]);
  }

  findFault(service: DesiredService): string | undefined {
    try {
      for (const family of families) buildService(service, family, this.#rules[family]);
      return undefined;
    } catch (error) {
      return errorMessage(error);
    }
  }

  watchDrift(observer: DriftObserver): void {
    this.#driftWatch = new DriftWatch({
      ...this.#deps,
      observer,
      session: this.#session,
      findForeign: () => this.#findForeign(),
    });
  }

  async readFrontendCounts(): Promise<readonly FrontendCount[]> {
    const { commands } = this.#deps;
    return [...(await readFrontendCounts(commands, "ip")), ...(await readFrontendCounts(commands, "ip6"))];
  }

  async cleanup(): Promise<void> {
    await this.close();
    await removeTables(this.#deps.commands);
    this.#driftWatch?.onRemoved();
  }

  async close(): Promise<void> {
    this.#removal.stop();
    await this.#driftWatch?.stop();
    await this.#session.close();
  }

  async #refillTables({ node, services, elsewhere }: ModeShare): Promise<Applied> {
    const wanted = { services: [...services.values()], elsewhere: [...elsewhere.values()] };
    const ipv4 = await this.#tables.ip.refill({ node: node.ipv4, ...wanted });
    const ipv6 = await this.#tables.ip6.refill({ node: node.ipv6, ...wanted });
    return this.#finish([ipv4, ipv6]);
  }

  #finish(reports: readonly TableReport[]): Applied {
    this.#removal.start();
    return {
      changes: reports.reduce((sum, { changes }) => sum + changes, 0),
      rejected: reports.flatMap(({ rejected }) => rejected),
    };
  }

  async #findForeign(): Promise<readonly string[]> {
    const foreign: string[] = [];
    for (const family of families) {
      if (!(await this.#tables[family].isLatest())) foreign.push(`${family} ${tableName}`);
    }
    return foreign;
  }
}

function isBig({ services }: ModeShare): boolean {
  let elements = 0;
  for (const service of services.values()) elements += estimateElements(service);
  return elements > mostElementsHeard;
}
