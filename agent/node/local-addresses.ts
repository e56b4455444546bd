import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../platform/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { type IpAddress, parseIpAddress } from "../../platform/ip/address.ts";
import type { Logger } from "../../platform/log.ts";

const periodMs = 30_000;

export interface InterfaceAddress {
  readonly address: string;
  /** Whether it belongs to the loopback interface. */
  readonly internal: boolean;
  /** Other than 0 for IPv6 addresses that are valid on one link only. */
  readonly scopeid?: number;
}

export interface LocalAddressesDeps {
  /** Addresses by interface; throws when the process has no file descriptor left to ask the kernel. */
  readonly listInterfaces: () => Readonly<Record<string, readonly InterfaceAddress[] | undefined>>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The addresses of all interfaces that are up in this network namespace; see {@link selectLocalAddresses}. */
export class LocalAddresses {
  readonly #deps: LocalAddressesDeps;
  #known: readonly IpAddress[] = [];
  #isFailing = false;

  constructor(deps: LocalAddressesDeps) {
    this.#deps = deps;
  }

  /** As they are now, or as last known while they cannot be read: none before the first time. */
  read(): readonly IpAddress[] {
    try {
      const interfaces = Object.values(this.#deps.listInterfaces());
      this.#known = selectLocalAddresses(interfaces.flatMap((addresses) => addresses ?? []));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) {
        this.#deps.log.warn({ reason: errorMessage(error) }, "the node's addresses cannot be read");
      }
      this.#isFailing = true;
    }
    return this.#known;
  }

  /** Calls `onChange` when they are others than at the last reading, looking every 30 seconds, until `signal` aborts. */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(periodMs, signal);
      if (signal.aborted) return;
      const before = this.#known;
      if (!isDeepStrictEqual(this.read(), before)) onChange();
    }
  }
}

/** Those that a client elsewhere can reach: no loopback and no link-local ones. Sorted, without duplicates. */
export function selectLocalAddresses(addresses: readonly InterfaceAddress[]): readonly IpAddress[] {
  const reachable = addresses.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0);
  return [...new Set(reachable.map(({ address }) => parseIpAddress(address)))].toSorted();
}
