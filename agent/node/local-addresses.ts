import { networkInterfaces } from "node:os";
import { type IpAddress, parseIpAddress } from "../../platform/ip/address.ts";

export interface InterfaceAddress {
  readonly address: string;
  /** Whether it belongs to the loopback interface. */
  readonly internal: boolean;
  /** Other than 0 for IPv6 addresses that are valid on one link only. */
  readonly scopeid?: number;
}

/** The addresses of all interfaces that are up in this network namespace; see {@link selectLocalAddresses}. */
export function readLocalAddresses(): readonly IpAddress[] {
  return selectLocalAddresses(Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []));
}

/** Those that a client elsewhere can reach: no loopback and no link-local ones. Sorted, without duplicates. */
export function selectLocalAddresses(addresses: readonly InterfaceAddress[]): readonly IpAddress[] {
  const reachable = addresses.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0);
  return [...new Set(reachable.map(({ address }) => parseIpAddress(address)))].toSorted();
}
