import type { IpAddress } from "./address.ts";
import type { Protocol } from "./protocol.ts";

/** Where packets come from or go to. The port is 0–65535; those of Services and endpoints are 1 or more. */
export interface SocketAddress {
  readonly address: IpAddress;
  readonly port: number;
}

/** Identifies an address and port where the protocol is known. */
export function socketKey({ address, port }: SocketAddress): string {
  return `${address} ${port}`;
}

/** Identifies a frontend or an endpoint on this node: a protocol, an address and a port. */
export function transportKey(protocol: Protocol, { address, port }: SocketAddress): string {
  return `${protocol} ${address} ${port}`;
}
