import type { Clause } from "../../../platform/text/clause.ts";
import type { ProxyMode } from "../../../crds/api.ts";
import type { Dataplane } from "../../dataplane/dataplane.ts";
import { FilteredMap } from "../../dataplane/filtered-map.ts";
import type { ServingModes } from "../../dataplane/serving-modes.ts";
import type { UdpServicePort } from "../../services/catalog/udp-service-ports.ts";
import type { DesiredService, ServiceName } from "../../services/desired-state.ts";
import { FlowRelease } from "./flow-release.ts";
import { FlowRepair, type FlowRepairDeps } from "./flow-repair.ts";

export interface ServiceFlowsDeps extends FlowRepairDeps {
  readonly serving: ServingModes;
}

/** What may have changed where flows go. */
export interface FlowChanges {
  /** All UDP ports, live. */
  readonly udpServicePorts: ReadonlyMap<ServiceName, readonly UdpServicePort[]>;
  /** Services whose UDP ports differ from the last time. */
  readonly changed: ReadonlySet<ServiceName>;
  /** Services that another mode serves now. */
  readonly moved: ReadonlySet<ServiceName>;
  /** Modes whose rules may have been missing: flows may have begun without them. */
  readonly refilled: ReadonlySet<ProxyMode>;
}

/** Frees clients from flows to endpoints that are gone, in the way of the mode that serves their Service. */
export class ServiceFlows {
  readonly #serving: ServingModes;
  readonly #repair: FlowRepair;
  readonly #release: FlowRelease;

  constructor({ serving, ...deps }: ServiceFlowsDeps) {
    this.#serving = serving;
    this.#repair = new FlowRepair(deps);
    this.#release = new FlowRelease(deps);
  }

  /** To be called when the modes send new flows to where they should go. */
  follow({ udpServicePorts, changed, moved, refilled }: FlowChanges): void {
    const all = refilled.size === 0 ? [] : udpServicePorts.keys();
    const services = new Set([...changed, ...moved, ...all]);
    const isTranslated = (service: ServiceName): boolean =>
      this.#modeOf(service)?.abilities.flows === "conntrackNat";
    // An earlier process may have translated what another mode serves now: as if it had just left.
    if (refilled.size > 0) this.#repair.repairUdp(services, udpServicePorts);
    this.#repair.repairUdp(services, new FilteredMap(udpServicePorts, isTranslated));
    for (const service of services) this.#releaseOwn(service, udpServicePorts.get(service));
    const translating = this.#serving
      .running()
      .filter(({ mode, abilities }) => refilled.has(mode) && abilities.flows === "conntrackNat");
    if (translating.length > 0) this.#repair.releaseAttempts(() => this.#servicesOf(translating));
  }

  /** Runs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#repair.run(signal), this.#release.run(signal)]);
  }

  /** Why flows cannot be read or ended. */
  problems(): readonly Clause[] {
    return [this.#repair.problem, this.#release.problem].flatMap((problem) => problem ?? []);
  }

  #releaseOwn(service: ServiceName, ports: readonly UdpServicePort[] | undefined): void {
    const dataplane = this.#modeOf(service);
    if (ports !== undefined && dataplane?.abilities.flows === "own") {
      this.#release.add(dataplane, service, ports);
    }
  }

  /** A Service that no mode has was refused; the flows that it still has are those of the main mode. */
  #modeOf(service: ServiceName): Dataplane | undefined {
    return this.#serving.of(service) ?? this.#serving.running()[0];
  }

  *#servicesOf(modes: readonly Dataplane[]): Generator<DesiredService> {
    for (const { mode } of modes) yield* this.#serving.servicesOf(mode).values();
  }
}
