/** The set of the table that holds the number of the last transaction: `typeof meta mark`. */
export const revisionSet = "rev";

/** The number that a transaction writes into the revision set of its table: reading it back proves that it took effect. */
export interface NftRevision {
  /** With its family, as in `ip kubesteer`. */
  readonly table: string;
  readonly number: number;
}

/** Commands that write the number. */
export function writeRevision({ table, number }: NftRevision): readonly string[] {
  return [`flush set ${table} ${revisionSet}`, `add element ${table} ${revisionSet} { ${number} }`];
}

/** Arguments of nft that read the number of the table's last transaction. */
export function listRevision({ table }: NftRevision): readonly string[] {
  return ["list", "set", ...table.split(" "), revisionSet];
}

/** Whether nft printed this revision in answer to {@link listRevision}. */
export function isRevisionIn(stdout: string, { number }: NftRevision): boolean {
  const [, digits] = /elements = \{ (0x[0-9a-f]+) \}/.exec(stdout) ?? [];
  return digits !== undefined && Number(digits) === number;
}
