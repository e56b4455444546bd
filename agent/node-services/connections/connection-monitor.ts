import type { Clock } from "../../../platform/async/clock.ts";
import { errorMessage } from "../../../platform/errors.ts";
import type { Logger } from "../../../platform/log.ts";
import { WakeSignal } from "../../../platform/async/wake-signal.ts";
import type { ServiceName } from "../../services/desired-state.ts";
import type { ConnectionCounts } from "../../services/endpoints/endpoint-connections.ts";
import type { ConnectionReading } from "../../services/catalog/service-dynamics.ts";

const periodMs = 5_000;
const retryMs = 30_000;

/** A table of a million connections takes seconds to read: at most this part of the time goes into reading. */
const mostBusyShare = 1 / 20;

export interface ConnectionMonitorDeps {
  /** May throw. */
  readonly count: () => Promise<ConnectionCounts>;
  /** Whether the weights of some Service are made of connections. */
  readonly isNeeded: () => boolean;
  /** Whether the weights of a Service are made of connections; see {@link ConnectionReading}. */
  readonly concerns: (service: ServiceName) => boolean;
  readonly onReading: (reading: ConnectionReading) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Counts the connections of endpoints every five seconds, while that is needed. */
export class ConnectionMonitor {
  readonly #deps: ConnectionMonitorDeps;
  readonly #wakeSignal: WakeSignal;
  #reading: ConnectionReading = { kind: "unneeded" };

  constructor(deps: ConnectionMonitorDeps) {
    this.#deps = deps;
    this.#wakeSignal = new WakeSignal(deps.clock);
  }

  /** What decides about the need may have changed. */
  reconsider(): void {
    if (this.#reading.kind === "unneeded" && this.#deps.isNeeded()) this.#wakeSignal.wake();
  }

  /** Runs until `signal` aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { isNeeded, clock } = this.#deps;
    while (!signal.aborted) {
      if (isNeeded()) await clock.sleep(await this.#read(), signal);
      else await this.#rest(signal);
    }
  }

  /** How long to wait before the next reading, in milliseconds. */
  async #read(): Promise<number> {
    const { count, concerns, clock } = this.#deps;
    const startMs = clock.monotonicMs();
    try {
      this.#publish({ kind: "counted", counts: await count(), concerns });
    } catch (error) {
      this.#publish({ kind: "unavailable", reason: errorMessage(error), concerns });
    }
    const tookMs = clock.monotonicMs() - startMs;
    return Math.max(this.#reading.kind === "counted" ? periodMs : retryMs, tookMs / mostBusyShare);
  }

  async #rest(signal: AbortSignal): Promise<void> {
    if (this.#reading.kind !== "unneeded") this.#publish({ kind: "unneeded" });
    await this.#wakeSignal.wait(Infinity, signal);
  }

  #publish(reading: ConnectionReading): void {
    if (reading.kind === "unavailable" && this.#reading.kind !== "unavailable") {
      this.#deps.log.warn({ reason: reading.reason }, "cannot count connections for LeastConnection");
    }
    this.#reading = reading;
    this.#deps.onReading(reading);
  }
}
