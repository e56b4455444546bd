import type { NftFamily } from "../../kernel/nft-session.ts";
import type { TablePlan } from "./applied-state.ts";
import type { BaseRuleset } from "./base-ruleset.ts";
import { serviceCIDRSet, tableName, type ContainerName } from "./names.ts";
import type { ObservedTable } from "./observe.ts";
import type { Element } from "./ruleset.ts";

/** Elements in one command: few enough for a line to stay readable in a log. */
const elementsPerCommand = 500;

/** Commands that create the table with all that no Service changes. */
export function renderBase(family: NftFamily, base: BaseRuleset): readonly string[] {
  return [...declareBase(family, base), ...fillBase(family, base)];
}

export interface Refill {
  readonly family: NftFamily;
  readonly base: BaseRuleset;
  /** What the table holds now. */
  readonly observed: ObservedTable;
  /** Made from nothing: the whole of what the table shall hold. */
  readonly plan: TablePlan;
}

/**
 * Commands that empty a table of ours and fill it again. What packets wrote stays, so clients keep their endpoints; whatever
 * is neither in the base ruleset nor in the plan goes.
 */
export function renderRefill({ family, base, observed, plan }: Refill): readonly string[] {
  const table = `${family} ${tableName}`;
  const isStaleContainer = (name: string): boolean => !base.containers.has(name) && !plan.newMaps.has(name);
  const serviceChains = [...observed.chains].filter((name) => !base.chains.has(name));
  return [
    ...declareBase(family, base),
    ...[...base.chains.keys(), ...serviceChains].map((name) => `flush chain ${table} ${name}`),
    ...[...base.containers]
      .filter(([, { writtenByPackets }]) => !writtenByPackets)
      .map(([name, { kind }]) => `flush ${kind} ${table} ${name}`),
    ...fillBase(family, base),
    ...renderPlan(family, plan),
    ...[...observed.maps].filter(isStaleContainer).map((name) => `delete map ${table} ${name}`),
    ...[...observed.sets].filter(isStaleContainer).map((name) => `delete set ${table} ${name}`),
  ];
}

function declareBase(family: NftFamily, base: BaseRuleset): readonly string[] {
  const table = `${family} ${tableName}`;
  return [
    `add table ${table}`,
    ...[...base.containers].map(([name, { kind, text }]) => `add ${kind} ${table} ${name} ${text}`),
    ...[...base.chains].map(([name, { hook }]) =>
      hook === undefined ? `add chain ${table} ${name}` : `add chain ${table} ${name} ${hook}`,
    ),
  ];
}

function fillBase(family: NftFamily, base: BaseRuleset): readonly string[] {
  return [
    ...[...base.chains].flatMap(([name, { rules }]) => renderRules(family, name, rules)),
    ...(base.serviceCIDRs.length === 0
      ? []
      : [`add element ${family} ${tableName} ${serviceCIDRSet} { ${base.serviceCIDRs.join(", ")} }`]),
  ];
}

/**
 * Commands of one plan, each thing created before its first use and removed after its last. Unused chains are emptied;
 * {@link deleteChains} removes them, which some kernels allow only later.
 */
export function renderPlan(family: NftFamily, plan: TablePlan): readonly string[] {
  const table = `${family} ${tableName}`;
  return [
    ...[...plan.newMaps].map(([name, declaration]) => `add map ${table} ${name} ${declaration}`),
    ...[...plan.newChains.keys()].map((name) => `add chain ${table} ${name}`),
    ...[...plan.changedChains.keys()].map((name) => `flush chain ${table} ${name}`),
    ...[...plan.newChains, ...plan.changedChains].flatMap(([name, rules]) =>
      renderRules(family, name, rules),
    ),
    ...renderElements("delete", family, plan.deletes),
    ...renderElements("add", family, plan.adds),
    ...plan.unusedChains.map((name) => `flush chain ${table} ${name}`),
    ...plan.unusedMaps.map((name) => `delete map ${table} ${name}`),
  ];
}

/** Commands that delete chains which nothing refers to any more and which have no rules. */
export function deleteChains(family: NftFamily, names: Iterable<string>): readonly string[] {
  return Array.from(names, (name) => `delete chain ${family} ${tableName} ${name}`);
}

/** Chains of Services in the table that the plan does without. */
export function staleChains({ base, observed, plan }: Refill): readonly string[] {
  return [...observed.chains].filter((name) => !base.chains.has(name) && !plan.newChains.has(name));
}

function renderRules(family: NftFamily, chain: string, rules: readonly string[]): readonly string[] {
  return rules.map((rule) => `add rule ${family} ${tableName} ${chain} ${rule}`);
}

function renderElements(
  verb: "add" | "delete",
  family: NftFamily,
  elements: readonly Element[],
): readonly string[] {
  return [...byContainer(elements)].flatMap(([container, items]) =>
    chunks(items, elementsPerCommand).map(
      (chunk) =>
        `${verb} element ${family} ${tableName} ${container} { ${chunk.map((item) => elementText(verb, item)).join(", ")} }`,
    ),
  );
}

/** The kernel ignores data in a deletion, so it is left out. */
function elementText(verb: "add" | "delete", { key, data }: Element): string {
  return verb === "delete" || data === undefined ? key : `${key} : ${data}`;
}

function byContainer(elements: readonly Element[]): ReadonlyMap<ContainerName, readonly Element[]> {
  const groups = new Map<ContainerName, Element[]>();
  for (const element of elements) {
    const group = groups.get(element.container);
    if (group === undefined) groups.set(element.container, [element]);
    else group.push(element);
  }
  return groups;
}

function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
