import type { SyncScope } from "../../../../agent/dataplane/mode-report.ts";
import type { DesiredService, ServiceName } from "../../../../agent/services/desired-state.ts";
import type { MissingRequirements } from "../../../../agent/sync/choose-mode.ts";
import { ModeRouter } from "../../../../agent/sync/router.ts";
import type { ProxyMode } from "../../../../crds/api.ts";
import { silentLogger } from "../../../../platform/log.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { FakeDataplane, makeRunners } from "../../../support/fake-dataplane.ts";
import { makeDesiredNode, makeDesiredService } from "../../../support/make-desired-state.ts";

const modes: Readonly<Record<string, ProxyMode>> = {
  nftables: "nftables",
  ipvs: "ipvs",
  userspace: "userspace",
};

/** A router with modes nftables, by default the main one, and ipvs. */
export class TwoModes {
  readonly clock = new FakeClock();
  readonly nftables = new FakeDataplane("nftables");
  readonly ipvs = new FakeDataplane("ipvs");
  readonly router: ModeRouter;
  readonly services = new Map<ServiceName, DesiredService>();
  /** What the node lacks for modes. */
  readonly missing = new Map<ProxyMode, readonly string[]>();
  /** What the modes held after each change in the newest sync, as `ipvs: a b`. */
  states: string[] = [];

  constructor() {
    const runners = makeRunners(this.nftables, this.ipvs);
    this.router = new ModeRouter({ runners, clock: this.clock, log: silentLogger, random: () => 1 });
    for (const each of [this.nftables, this.ipvs]) {
      each.onChange = () => this.states.push(`${each.mode}: ${heldBy(each).replaceAll("ns/", "")}`);
    }
  }

  /** Services that differ from before, as `name` or `name mode`; `-name` is gone. Syncs only them. */
  async change(...changes: readonly string[]) {
    const names = changes.map((change) => this.apply(change));
    return await this.sync({ kind: "partial", services: new Set(names) });
  }

  /** Like {@link change}, without a sync. */
  apply(text: string): ServiceName {
    const [name = "", mode = ""] = text.replace("-", "").split(" ");
    const service = makeDesiredService(`ns/${name}`);
    if (text.startsWith("-")) this.services.delete(service.name);
    else this.services.set(service.name, { ...service, mode: modes[mode] });
    return service.name;
  }

  async sync(
    scope: SyncScope = { kind: "full" },
    main: ProxyMode = "nftables",
    missing: MissingRequirements = this.missing,
  ) {
    this.states = [];
    const desired = { node: makeDesiredNode(), services: this.services };
    return await this.router.sync({ main, missing, desired, scope });
  }
}

/** The Services that a mode serves. */
export function heldBy(dataplane: FakeDataplane): string {
  return [...dataplane.held.keys()].toSorted().join(" ");
}

/** The Services whose packets it lets pass. */
export function passingIn(dataplane: FakeDataplane): string {
  return [...dataplane.passing].toSorted().join(" ");
}
