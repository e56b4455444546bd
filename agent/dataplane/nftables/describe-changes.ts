import type { CountedChange } from "../../kernel/nft/transaction-reader.ts";
import { assertNever } from "../../../platform/assert-never.ts";
import { listSome } from "../../../platform/text/list-some.ts";
import { tableName } from "./names.ts";

const describedSorts = 3;

/** A few words on what a transaction did to our tables, the deletion of a whole table before all else. */
export function describeChanges(changes: readonly CountedChange[]): string {
  const deletedTables = changes.filter(({ object, verb }) => object === "table" && verb === "deleted");
  const gone = new Set(deletedTables.map(({ family }) => family));
  const others = changes.filter((change) => !gone.has(change.family));
  const sorts = [...deletedTables, ...others];
  return listSome(sorts.map(describeChange), describedSorts);
}

function describeChange({ verb, family, object, name, count }: CountedChange): string {
  const table = `table ${family} ${tableName}`;
  switch (object) {
    case "table":
      return `${verb} ${table}`;
    case "rule":
      return `${verb} ${amount(count, "rule")} of chain ${name} in ${table}`;
    case "element":
      return `${verb} ${amount(count, "element")} of ${name} in ${table}`;
    case "chain":
    case "set":
    case "object":
    case "flowtable":
      return `${verb} ${object} ${name} in ${table}`;
    default:
      return assertNever(object);
  }
}

function amount(count: number, what: string): string {
  return count === 1 ? `a${/^[aeiou]/.test(what) ? "n" : ""} ${what}` : `${count} ${what}s`;
}
