import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../platform/async/clock.ts";
import { errorMessage } from "../../platform/errors.ts";
import { type IpAddress, parseIpAddress } from "../../platform/ip/address.ts";
import { cidrContains, parseCidr } from "../../platform/ip/cidr.ts";
import type { Logger } from "../../platform/log.ts";

const periodMs = 30_000;
const loopback = [parseCidr("127.0.0.0/8"), parseCidr("::1/128")];

export interface InterfaceAddress {
  readonly address: string;
  /** Other than 0 for IPv6 addresses that are valid on one link only. */
  readonly scopeid?: number;
}

export interface LocalAddressesDeps {
  /** Addresses by interface; throws when the process has no free file descriptor to ask the kernel. */
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

/**
 * The addresses that a remote client can reach: no loopback and no IPv6 link-local ones. The interface does not matter: where the
 * network routes an address to the host, as with BGP, it usually is on the loopback interface. Sorted, without duplicates.
 */
export function selectLocalAddresses(addresses: readonly InterfaceAddress[]): readonly IpAddress[] {
  const parsed = addresses.flatMap(({ address, scopeid = 0 }) =>
    scopeid === 0 ? [parseIpAddress(address)] : [],
  );
  return [...new Set(parsed.filter(isReachable))].toSorted();
}

function isReachable(address: IpAddress): boolean {
  return !loopback.some((cidr) => cidrContains(cidr, address));
}
