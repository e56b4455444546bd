import { NetlinkStream } from "./netlink-messages.ts";
import { type NftChange, type NftCommitted, parseNftEvent } from "./nft-events.ts";

/** A transaction that changed our table. */
export interface SeenTransaction extends Pick<NftCommitted, "processId" | "processName"> {
  /** What it changed in our table and how often, ordered by the first change of each kind. */
  readonly changes: readonly CountedChange[];
  /** The numbers it wrote into the revision set: those of our own transactions are known. */
  readonly revisions: readonly number[];
}

/** Changes of one kind: the same verb, family, object and name. */
export type CountedChange = Omit<NftChange, "kind" | "revision"> & { readonly count: number };

/** Assembles the kernel's messages into the transactions that change one table. */
export class TransactionReader {
  readonly #table: string;
  readonly #stream = new NetlinkStream();
  #changes = new ChangeCounts();

  constructor(table: string) {
    this.#table = table;
  }

  /**
   * The transactions that these bytes complete.
   * @throws {NetlinkSyntaxError | RangeError}
   */
  *push(bytes: Buffer): Generator<SeenTransaction> {
    for (const message of this.#stream.push(bytes)) {
      const event = parseNftEvent(message, this.#table);
      if (event?.kind === "change") this.#changes.add(event);
      if (event?.kind === "committed") yield* this.#finish(event);
    }
  }

  /** Most transactions are on other tables. */
  *#finish({ processId, processName }: NftCommitted): Generator<SeenTransaction> {
    const changes = this.#changes;
    this.#changes = new ChangeCounts();
    if (!changes.isEmpty) yield { processId, processName, ...changes.result() };
  }
}

/** Sums up a transaction while it arrives: a foreign one may have any size. */
class ChangeCounts {
  readonly #counts = new Map<string, CountedChange>();
  readonly #revisions: number[] = [];

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add({ verb, family, object, name, revision }: NftChange): void {
    const key = `${verb} ${family} ${object} ${name}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { verb, family, object, name, count });
    if (revision !== undefined) this.#revisions.push(revision);
  }

  result(): Pick<SeenTransaction, "changes" | "revisions"> {
    return { changes: [...this.#counts.values()], revisions: this.#revisions };
  }
}
