import type { ProxyMode } from "../../crds/api.ts";
import type { Dataplane, ModeShare } from "../dataplane/dataplane.ts";
import type { DataplaneRunner } from "../dataplane/runner.ts";
import type { ServingModes } from "../dataplane/serving-modes.ts";
import type { DesiredService, DesiredState, ServiceName } from "../services/desired-state.ts";
import { FilteredMap } from "../dataplane/filtered-map.ts";
import { type Placement, servesNow, targetOf } from "./placement.ts";
import type { WantedModes } from "./wanted-modes.ts";

const noServices: ReadonlyMap<ServiceName, DesiredService> = new Map();

/** The modes of a node with their Services: what a {@link Placement} means for the desired state and for the runners. */
export class PlacedModes implements ServingModes {
  readonly #runners: ReadonlyMap<ProxyMode, DataplaneRunner>;
  readonly #wanted: WantedModes;
  /** undefined before the first sync. */
  #placement: Placement | undefined;
  #services = noServices;

  constructor(runners: ReadonlyMap<ProxyMode, DataplaneRunner>, wanted: WantedModes) {
    this.#runners = runners;
    this.#wanted = wanted;
  }

  /**
   * Begins a sync of these Services.
   * @param placement.blocked live
   */
  start(
    { main, blocked, refuses, empty }: Pick<Placement, "main" | "blocked" | "refuses" | "empty">,
    services: DesiredState["services"],
  ): void {
    const has = (mode: ProxyMode, service: ServiceName) => this.#runners.get(mode)?.has(service) === true;
    const modes = [...this.#runners.keys()];
    this.#placement = { main, modes, others: this.#wanted.others, blocked, has, refuses, empty };
    this.#services = services;
  }

  get main(): ProxyMode | undefined {
    return this.#placement?.main;
  }

  /** The runners of the main mode and of those that have Services or are to have some, the main one first. */
  active(): readonly DataplaneRunner[] {
    const isMain = ({ mode }: DataplaneRunner): boolean => mode === this.main;
    const all = [...this.#runners.values()];
    const others = all.filter(({ mode, size }) => size > 0 || this.#wanted.count(mode) > 0);
    return [...all.filter(isMain), ...others.filter((runner) => !isMain(runner))];
  }

  /** The runners of modes to which no Service belongs, and whose Services are gone or in the mode that they belong to. */
  vacated(): readonly DataplaneRunner[] {
    return [...this.#runners.values()].filter((runner) => this.isVacated(runner));
  }

  isVacated(runner: DataplaneRunner): boolean {
    const { mode } = runner;
    if (mode === this.main || this.#wanted.count(mode) > 0) return false;
    for (const name of runner.services()) if (this.hasToServe(mode, name)) return false;
    return true;
  }

  /** Whether the mode has to serve the Service now. */
  hasToServe(mode: ProxyMode, service: ServiceName): boolean {
    const placement = this.#placement;
    return placement !== undefined && this.#services.has(service) && servesNow(placement, mode, service);
  }

  /** What the mode has to serve now, live. */
  shareOf(mode: ProxyMode, { node, services }: DesiredState): ModeShare {
    if (this.#servesAll(mode)) return { node, services, elsewhere: noServices };
    const serves = (name: ServiceName): boolean => this.hasToServe(mode, name);
    return {
      node,
      services: new FilteredMap(services, serves),
      elsewhere: new FilteredMap(services, (name) => !serves(name)),
    };
  }

  running(): readonly Dataplane[] {
    return this.active()
      .filter(({ isRunning }) => isRunning)
      .map(({ dataplane }) => dataplane);
  }

  of(service: ServiceName): Dataplane | undefined {
    if (this.#placement === undefined) return undefined;
    const target = this.#runners.get(targetOf(this.#placement, service));
    if (target?.has(service) === true) return target.dataplane;
    return [...this.#runners.values()].find((runner) => runner.has(service))?.dataplane;
  }

  servicesOf(mode: ProxyMode): ReadonlyMap<ServiceName, DesiredService> {
    if (this.#servesAll(mode)) return this.#services;
    return new FilteredMap(this.#services, (name) => this.of(name)?.mode === mode);
  }

  /** Whether the mode serves everything alone: most nodes run one mode. */
  #servesAll(mode: ProxyMode): boolean {
    const isElsewhere = ({ mode: other, size }: DataplaneRunner): boolean => other !== mode && size > 0;
    return (
      mode === this.main && this.#wanted.others.size === 0 && ![...this.#runners.values()].some(isElsewhere)
    );
  }
}
