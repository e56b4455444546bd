import type { Clock } from "../../../platform/async/clock.ts";

/**
 * How long a chain stays in the table, as it was, after the last reference to it went. A packet that read the reference just
 * before may still be about to enter; it takes microseconds, or as long as the machine keeps a CPU from it.
 */
export const retirementMs = 2_000;

/** Names of things in a table. */
export interface TableObjects {
  readonly chains: readonly string[];
  readonly maps: readonly string[];
  readonly sets: readonly string[];
}

type Kind = "chain" | "map" | "set";

interface Retired {
  readonly kind: Kind;
  readonly name: string;
  /** Of a chain, where they are known. */
  readonly rules: readonly string[] | undefined;
  readonly dueMs: number;
}

/** What is in a table without being used, until its time is over or it is needed again. */
export class Retirement {
  readonly #clock: Clock;
  /** In the order of their time. */
  readonly #retired = new Map<string, Retired>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  retire(kind: Kind, name: string, rules?: readonly string[]): void {
    this.reclaim(kind, name);
    this.#retired.set(idOf(kind, name), {
      kind,
      name,
      rules,
      dueMs: this.#clock.monotonicMs() + retirementMs,
    });
  }

  /** It is in use again. */
  reclaim(kind: Kind, name: string): void {
    this.#retired.delete(idOf(kind, name));
  }

  hasMap(name: string): boolean {
    return this.#retired.has(idOf("map", name));
  }

  /** Whether the chain is there with exactly these rules. */
  hasChain(name: string, rules: readonly string[]): boolean {
    return this.#retired.get(idOf("chain", name))?.rules?.join("\n") === rules.join("\n");
  }

  /** When something is due next, in the clock's monotonic milliseconds; undefined when nothing waits. */
  get nextDueMs(): number | undefined {
    const [first] = this.#retired.values();
    return first?.dueMs;
  }

  /** What can go now. It is no longer here then. */
  takeDue(): TableObjects {
    const nowMs = this.#clock.monotonicMs();
    const due = [...this.#retired.values()].filter(({ dueMs }) => dueMs <= nowMs);
    for (const { kind, name } of due) this.reclaim(kind, name);
    const names = (wanted: Kind): readonly string[] =>
      due.filter(({ kind }) => kind === wanted).map(({ name }) => name);
    return { chains: names("chain"), maps: names("map"), sets: names("set") };
  }
}

/** Chains have names of their own; maps and sets share theirs. */
function idOf(kind: Kind, name: string): string {
  return `${kind} ${name}`;
}
