/** The first items in full and the number of the rest, as in `node-1, node-2, node-3 and 7 more`. */
export function listSome(items: readonly string[], most: number): string {
  return `${items.slice(0, most).join(", ")}${countRest(items, most, " ")}`;
}

/** As {@link listSome} for items that may have commas themselves, as in `a: no, never; b: no; and 7 more`. */
export function listSomeClauses(items: readonly string[], most: number): string {
  return `${items.slice(0, most).join("; ")}${countRest(items, most, "; ")}`;
}

function countRest(items: readonly string[], most: number, separator: string): string {
  return items.length > most ? `${separator}and ${items.length - most} more` : "";
}
