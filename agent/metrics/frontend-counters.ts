import type { Clock } from "../../platform/async/clock.ts";
import type { FrontendCount } from "../dataplane/dataplane.ts";
import type { DesiredServicePort, Frontend } from "../services/desired-state.ts";
import { rateLimited } from "../../platform/async/rate-limited.ts";

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

/**
 * Reads the counters of all frontends when somebody asks, at most every ten seconds; who asks more often gets the last
 * reading. Nothing is read while nobody asks.
 */
export class FrontendCounters {
  readonly #read: () => Promise<CountReading>;

  constructor({
    read,
    clock,
  }: {
    readonly read: () => Promise<readonly FrontendCount[]>;
    readonly clock: Clock;
  }) {
    this.#read = rateLimited(async () => toReading(await read(), clock.now()), clock);
  }

  /** Rejects as the dataplane does; the error, too, is kept for ten seconds. */
  reading(): Promise<CountReading> {
    return this.#read();
  }
}

function toReading(counts: readonly FrontendCount[], at: number): CountReading {
  return {
    at,
    counts: new Map(counts.map((count) => [frontendId(count.protocol, count), count.connections])),
  };
}
