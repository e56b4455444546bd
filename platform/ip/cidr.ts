import {
  addressBytes,
  addressFromBytes,
  familyOf,
  IpSyntaxError,
  parseIpAddress,
  type Cidr,
  type IpAddress,
  type IpFamily,
  type IpParseOptions,
} from "./address.ts";

export { compareAddresses } from "./address.ts";

/**
 * Reads `address/length` and clears host bits, so "10.1.2.3/8" is 10.0.0.0/8.
 * @throws {IpSyntaxError}
 */
export function parseCidr(text: string, options: IpParseOptions = {}): Cidr {
  const slash = text.indexOf("/");
  if (slash === -1) {
    throw new IpSyntaxError(text, "is not a CIDR; expected one such as 10.0.0.0/8 or fd00::/64");
  }
  const address = parseIpAddress(text.slice(0, slash), options);
  const prefixLength = parsePrefixLength(text, familyOf(address), options);
  const network = clearHostBits(addressBytes(address), prefixLength);
  return `${addressFromBytes(network)}/${prefixLength}` as Cidr;
}

/** The network that contains only this address: /32 or /128. */
export function hostCidr(address: IpAddress): Cidr {
  return `${address}/${maxPrefixLength(familyOf(address))}` as Cidr;
}

export function cidrFamily(cidr: Cidr): IpFamily {
  return cidr.includes(":") ? "IPv6" : "IPv4";
}

/** First address of the network. */
export function cidrAddress(cidr: Cidr): IpAddress {
  return cidr.slice(0, cidr.indexOf("/")) as IpAddress;
}

/** 0–32 for IPv4, 0–128 for IPv6. */
export function cidrPrefixLength(cidr: Cidr): number {
  return Number(cidr.slice(cidr.indexOf("/") + 1));
}

export function maxPrefixLength(family: IpFamily): 32 | 128 {
  return family === "IPv4" ? 32 : 128;
}

/** Always false for an address of the other IP family. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidrFamily(cidr) !== familyOf(address)) return false;
  const network = clearHostBits(addressBytes(address), cidrPrefixLength(cidr));
  return Buffer.compare(network, addressBytes(cidrAddress(cidr))) === 0;
}

function parsePrefixLength(cidr: string, family: IpFamily, { lenient = false }: IpParseOptions): number {
  const text = cidr.slice(cidr.indexOf("/") + 1);
  const max = maxPrefixLength(family);
  const syntax = lenient ? /^[0-9]+$/ : /^(0|[1-9][0-9]*)$/;
  const length = syntax.test(text) ? Number(text) : Infinity;
  if (length > max) {
    throw new IpSyntaxError(
      cidr,
      `has prefix length ${JSON.stringify(text)}; expected 0–${max} for ${family}`,
    );
  }
  return length;
}

function clearHostBits(bytes: Uint8Array, prefixLength: number): Uint8Array {
  return bytes.map((byte, index) => {
    const networkBits = Math.min(8, Math.max(0, prefixLength - index * 8));
    return byte & (0xff << (8 - networkBits));
  });
}
