import type { Clock } from "../../platform/clock.ts";
import type { FrontendCount } from "../dataplane/dataplane.ts";
import type { DesiredServicePort, Frontend } from "../services/desired-state.ts";

/** Connections by {@link frontendId}, as the kernel counted them since the frontend was programmed. */
export interface CountReading {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** Identifies a frontend on this node. */
export function frontendId(protocol: string, { address, port }: Pick<Frontend, "address" | "port">): string {
  return `${protocol} ${address} ${port}`;
}

/** {@link frontendId}s of a service port. */
export function frontendIds({ protocol, frontends }: DesiredServicePort): readonly string[] {
  return frontends.map((frontend) => frontendId(protocol, frontend));
}

const shortestIntervalMs = 10_000;

/**
 * Reads the counters of all frontends when somebody asks, at most every ten seconds; who asks more often gets the last
 * reading. Nothing is read while nobody asks.
 */
export class FrontendCounters {
  readonly #read: () => Promise<readonly FrontendCount[]>;
  readonly #clock: Clock;
  #last: { readonly startMs: number; readonly reading: Promise<CountReading> } | undefined;

  constructor({
    read,
    clock,
  }: {
    readonly read: () => Promise<readonly FrontendCount[]>;
    readonly clock: Clock;
  }) {
    this.#read = read;
    this.#clock = clock;
  }

  /** Rejects as the dataplane does; the error, too, is kept for ten seconds. */
  reading(): Promise<CountReading> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#last === undefined || nowMs - this.#last.startMs >= shortestIntervalMs) {
      this.#last = { startMs: nowMs, reading: this.#readNow() };
    }
    return this.#last.reading;
  }

  async #readNow(): Promise<CountReading> {
    const counts = await this.#read();
    return {
      at: this.#clock.now(),
      counts: new Map(counts.map((count) => [frontendId(count.protocol, count), count.connections])),
    };
  }
}
