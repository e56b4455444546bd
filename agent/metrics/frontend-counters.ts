import type { Clock } from "../../platform/async/clock.ts";
import type { FrontendCount } from "../dataplane/dataplane.ts";
import type { DesiredServicePort } from "../services/desired-state.ts";
import { transportKey } from "../../platform/ip/socket-address.ts";
import { rateLimited } from "../../platform/async/rate-limited.ts";

/** Connections by the {@link transportKey} of their frontend, as the kernel counted them since the frontend was programmed. */
export interface CountReading {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** {@link transportKey}s of the frontends of a service port. */
export function frontendKeys({ protocol, frontends }: DesiredServicePort): readonly string[] {
  return frontends.map((frontend) => transportKey(protocol, frontend));
}

/**
 * Reads the counters of all frontends on request, at most every ten seconds; more frequent requests get the last reading.
 * Without requests nothing is read.
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
    counts: new Map(counts.map((count) => [transportKey(count.protocol, count), count.connections])),
  };
}
