import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredService, ServiceName } from "../../services/desired-state.ts";
import { buildElsewhere } from "./build-elsewhere.ts";
import { buildService, emptyRuleset } from "./build-service.ts";
import { diffRulesets, type RulesetDiff } from "./diff.ts";
import { containers } from "./names.ts";
import { elementId, type AffinityMemory, type Element, type ServiceRuleset } from "./ruleset.ts";
import type { TableRules } from "./spell-verdicts.ts";

/** Replaces what the table has of a Service by `after`; undefined removes it. */
export interface ServiceChange {
  readonly name: ServiceName;
  readonly after: DesiredService | undefined;
  /** Another mode serves `after`: here its addresses only pass. */
  readonly isElsewhere?: boolean;
}

/** The changes to a table in one transaction, as the kernel's objects. */
export interface TablePlan {
  readonly changes: readonly ServiceChange[];
  readonly newMaps: ReadonlyMap<string, string>;
  readonly newChains: ReadonlyMap<string, readonly string[]>;
  readonly changedChains: ReadonlyMap<string, readonly string[]>;
  readonly deletes: readonly Element[];
  readonly adds: readonly Element[];
  /** How many frontends the table has once the plan is applied. */
  readonly frontends: number;
  /** With their rules. */
  readonly unusedChains: ReadonlyMap<string, readonly string[]>;
  readonly unusedMaps: readonly string[];
  /** How many Services claim a shared thing once the plan is applied; 0 is none. */
  readonly claims: ReadonlyMap<string, number>;
  /** Affinity that may now point to endpoints that are no longer usable. */
  readonly suspectMemories: readonly AffinityMemory[];
}

/** Sets whose elements several Services can have: an address with many ports, a pod behind many Services. */
const sharedContainers: ReadonlySet<string> = new Set([
  containers.clusterIPs,
  containers.elsewhere,
  containers.hairpin,
]);

/**
 * What one table holds, kept small: the Services it was made from (rulesets are built again when needed) and the number of
 * claims on what several Services share.
 */
export class AppliedState {
  readonly #family: NftFamily;
  readonly #rules: TableRules;
  readonly #services = new Map<ServiceName, DesiredService>();
  /** Those of the Services that other modes serve. */
  readonly #elsewhere = new Set<ServiceName>();
  readonly #claims = new Map<string, number>();
  #frontends = 0;

  /** @param rules what the base rules of the table do */
  constructor(family: NftFamily, rules: TableRules) {
    this.#family = family;
    this.#rules = rules;
  }

  /**
   * The transaction that applies `changes`. Its cost depends on the size of the changed Services only.
   * @throws {NftQuoteError | NftVerdictError}
   */
  plan(changes: readonly ServiceChange[]): TablePlan {
    const draft = new PlanDraft(this.#claims, this.#frontends);
    for (const { name, after, isElsewhere = false } of changes) {
      const before = this.#ruleset(this.#services.get(name), this.#elsewhere.has(name));
      draft.change(before, this.#ruleset(after, isElsewhere));
    }
    return draft.finish(changes);
  }

  /** Remembers that the kernel took `plan`. */
  record({ changes, claims, frontends }: TablePlan): void {
    this.#frontends = frontends;
    for (const { name, after, isElsewhere = false } of changes) {
      if (after === undefined) this.#services.delete(name);
      else this.#services.set(name, after);
      if (after !== undefined && isElsewhere) this.#elsewhere.add(name);
      else this.#elsewhere.delete(name);
    }
    for (const [id, count] of claims) {
      if (count === 0) this.#claims.delete(id);
      else this.#claims.set(id, count);
    }
  }

  /** A Service as the table serves it. */
  get(name: ServiceName): DesiredService | undefined {
    return this.#elsewhere.has(name) ? undefined : this.#services.get(name);
  }

  /** Whether some Service needs the chain. */
  needsChain(name: string): boolean {
    return this.#claims.has(chainId(name));
  }

  /** Whether some Service needs the map. */
  needsMap(name: string): boolean {
    return this.#claims.has(mapId(name));
  }

  /** What the affinity maps may hold, of all Services. */
  memories(): readonly AffinityMemory[] {
    return [...this.#services.values()]
      .filter(({ ports }) => ports.some(({ affinityTimeoutSeconds }) => affinityTimeoutSeconds !== undefined))
      .flatMap((service) => this.#ruleset(service, this.#elsewhere.has(service.name)).memories);
  }

  #ruleset(service: DesiredService | undefined, isElsewhere: boolean): ServiceRuleset {
    if (service === undefined) return emptyRuleset;
    return isElsewhere
      ? buildElsewhere(service, this.#family)
      : buildService(service, this.#family, this.#rules);
  }
}

class PlanDraft {
  readonly #before: ReadonlyMap<string, number>;
  readonly #claims = new Map<string, number>();
  readonly #deletes: Element[] = [];
  readonly #adds: Element[] = [];
  readonly #shared = new Map<string, Element>();
  readonly #chains = new Map<string, readonly string[]>();
  readonly #changedChains = new Map<string, readonly string[]>();
  readonly #droppedChains = new Map<string, readonly string[]>();
  readonly #maps = new Map<string, string>();
  readonly #droppedMaps = new Set<string>();
  readonly #suspectMemories: AffinityMemory[] = [];
  #frontends: number;

  constructor(claims: ReadonlyMap<string, number>, frontends: number) {
    this.#before = claims;
    this.#frontends = frontends;
  }

  change(before: ServiceRuleset, after: ServiceRuleset): void {
    const diff = diffRulesets(before, after);
    for (const element of diff.deletes) this.#element(element, this.#deletes, -1);
    for (const element of diff.adds) this.#element(element, this.#adds, 1);
    this.#chainsAndMaps(diff);
    this.#suspectMemories.push(...suspectMemories(before.memories, after.memories));
  }

  #element(element: Element, unshared: Element[], difference: 1 | -1): void {
    if (element.container === containers.frontends) this.#frontends += difference;
    if (!sharedContainers.has(element.container)) {
      unshared.push(element);
      return;
    }
    const id = elementId(element);
    this.#shared.set(id, element);
    this.#claim(id, difference);
  }

  #chainsAndMaps(diff: RulesetDiff): void {
    for (const [name, rules] of diff.neededChains) {
      this.#chains.set(name, rules);
      this.#claim(chainId(name), 1);
    }
    for (const [name, rules] of diff.droppedChains) {
      this.#droppedChains.set(name, rules);
      this.#claim(chainId(name), -1);
    }
    for (const [name, rules] of diff.changedChains) this.#changedChains.set(name, rules);
    for (const [name, declaration] of diff.neededMaps) {
      this.#maps.set(name, declaration);
      this.#claim(mapId(name), 1);
    }
    for (const name of diff.droppedMaps) {
      this.#droppedMaps.add(name);
      this.#claim(mapId(name), -1);
    }
  }

  #claim(id: string, difference: 1 | -1): void {
    this.#claims.set(id, (this.#claims.get(id) ?? this.#before.get(id) ?? 0) + difference);
  }

  finish(changes: readonly ServiceChange[]): TablePlan {
    const appearing = (id: string): boolean => !this.#before.has(id) && (this.#claims.get(id) ?? 0) > 0;
    const vanishing = (id: string): boolean => this.#before.has(id) && this.#claims.get(id) === 0;
    const shared = [...this.#shared];
    return {
      changes,
      newMaps: new Map([...this.#maps].filter(([name]) => appearing(mapId(name)))),
      newChains: new Map([...this.#chains].filter(([name]) => appearing(chainId(name)))),
      changedChains: this.#changedChains,
      deletes: [...this.#deletes, ...shared.filter(([id]) => vanishing(id)).map(([, element]) => element)],
      adds: [...this.#adds, ...shared.filter(([id]) => appearing(id)).map(([, element]) => element)],
      frontends: this.#frontends,
      unusedChains: new Map([...this.#droppedChains].filter(([name]) => vanishing(chainId(name)))),
      unusedMaps: [...this.#droppedMaps].filter((name) => vanishing(mapId(name))),
      claims: this.#claims,
      suspectMemories: this.#suspectMemories,
    };
  }
}

function chainId(name: string): string {
  return `chain ${name}`;
}

function mapId(name: string): string {
  return `map ${name}`;
}

/** Memories that may hold entries that must go: the endpoint is gone, affinity is off, or its timeout is shorter. */
function suspectMemories(
  before: readonly AffinityMemory[],
  after: readonly AffinityMemory[],
): readonly AffinityMemory[] {
  const wanted = new Map(after.map((memory) => [memoryId(memory), memory]));
  return before.flatMap((old) => {
    const memory = wanted.get(memoryId(old));
    // A map of a Service's own goes with its last user.
    if (memory === undefined)
      return old.frontend === undefined ? [] : { ...old, endpoints: new Set<string>() };
    const keepsAll = [...old.endpoints].every((endpoint) => memory.endpoints.has(endpoint));
    return keepsAll && old.timeoutSeconds <= memory.timeoutSeconds ? [] : memory;
  });
}

function memoryId({ map, frontend }: AffinityMemory): string {
  return `${map} ${frontend ?? ""}`;
}
