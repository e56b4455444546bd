import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../platform/async/clock.ts";

const periodMs = 30_000;

export interface InterfaceNamesDeps {
  /** {@link readDevices}; may throw. */
  readonly readDevices: () => string;
  readonly clock: Clock;
}

/** The names of all interfaces in this network namespace, also of those without an address. */
export class InterfaceNames {
  readonly #deps: InterfaceNamesDeps;
  #known: readonly string[] | undefined;

  constructor(deps: InterfaceNamesDeps) {
    this.#deps = deps;
  }

  /** As they were when they were last read; undefined when they could not be. */
  get known(): readonly string[] | undefined {
    return this.#known;
  }

  /** As they are now; undefined when they cannot be read. */
  read(): readonly string[] | undefined {
    try {
      this.#known = parseInterfaceNames(this.#deps.readDevices());
    } catch {
      this.#known = undefined;
    }
    return this.#known;
  }

  /** Reads them every 30 seconds until `signal` aborts, and calls `onChange` when they differ from the last reading. */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(periodMs, signal);
      if (signal.aborted) return;
      const before = this.#known;
      if (!isDeepStrictEqual(this.read(), before)) onChange();
    }
  }
}

/** The interfaces of this process's network namespace, whichever one /sys is mounted for. */
export function readDevices(): string {
  return readFileSync("/proc/self/net/dev", "utf8");
}

/** @param text as in /proc/net/dev: two lines of heads, then a line per interface that begins with its name and a colon */
export function parseInterfaceNames(text: string): readonly string[] {
  const lines = text.split("\n").slice(2);
  return lines.flatMap((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? []);
}
