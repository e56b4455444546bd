import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { TablePlan } from "./applied-state.ts";
import type { BaseRuleset } from "./base-ruleset.ts";
import { serviceCIDRSet, serviceContainers, tableName, type ContainerName } from "./names.ts";
import type { TableObjects } from "./retirement.ts";
import type { Element } from "./ruleset.ts";

/** Elements in one command: few enough for a line to stay readable in a log. */
const elementsPerCommand = 500;

/** Commands that create the table with everything that does not depend on Services. */
export function renderBase(family: NftFamily, base: BaseRuleset): readonly string[] {
  return [...declareBase(family, base), ...fillBase(family, base)];
}

/** Commands that remove all Services from a table. What packets wrote stays, so clients keep their endpoints. */
export function renderEmptying(family: NftFamily, base: BaseRuleset): readonly string[] {
  return [...base.containers]
    .filter(([name]) => serviceContainers.has(name))
    .map(([name, { kind }]) => `flush ${kind} ${family} ${tableName} ${name}`);
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
  const serviceCIDRs = `${family} ${tableName} ${serviceCIDRSet}`;
  return [
    ...[...base.chains].flatMap(([name, { rules }]) => renderRules(family, name, rules)),
    `flush set ${serviceCIDRs}`,
    ...(base.serviceCIDRs.length === 0
      ? []
      : [`add element ${serviceCIDRs} { ${base.serviceCIDRs.join(", ")} }`]),
  ];
}

/** Commands that create the chains and maps that `plan` needs, whether or not they exist. */
export function renderObjects(
  family: NftFamily,
  { newMaps, newChains }: Pick<TablePlan, "newMaps" | "newChains">,
): readonly string[] {
  const table = `${family} ${tableName}`;
  return [
    ...[...newMaps].map(([name, declaration]) => `add map ${table} ${name} ${declaration}`),
    ...[...newChains.keys()].map((name) => `add chain ${table} ${name}`),
    ...[...newChains].flatMap(([name, rules]) => renderRules(family, name, rules)),
  ];
}

/** Commands that leave maps without elements. */
export function renderFlushes(family: NftFamily, maps: readonly string[]): readonly string[] {
  return maps.map((name) => `flush map ${family} ${tableName} ${name}`);
}

/** Commands of one plan, after those of {@link renderObjects}. */
export function renderPlan(
  family: NftFamily,
  plan: Pick<TablePlan, "changedChains" | "deletes" | "adds">,
): readonly string[] {
  return [
    ...[...plan.changedChains].flatMap(([name, rules]) => renderRules(family, name, rules)),
    ...renderElements("delete", family, plan.deletes),
    ...renderElements("add", family, plan.adds),
  ];
}

/** Commands that remove objects to which no other object refers. */
export function renderRemoval(family: NftFamily, { chains, maps, sets }: TableObjects): readonly string[] {
  const table = `${family} ${tableName}`;
  return [
    ...chains.map((name) => `flush chain ${table} ${name}`),
    ...maps.map((name) => `delete map ${table} ${name}`),
    ...sets.map((name) => `delete set ${table} ${name}`),
    ...chains.map((name) => `delete chain ${table} ${name}`),
  ];
}

/** Replaces the rules of the chain. */
export function renderRules(family: NftFamily, chain: string, rules: readonly string[]): readonly string[] {
  const target = `${family} ${tableName} ${chain}`;
  return [`flush chain ${target}`, ...rules.map((rule) => `add rule ${target} ${rule}`)];
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
