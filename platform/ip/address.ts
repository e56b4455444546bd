import { isIPv4, isIPv6 } from "node:net";

export type IpFamily = "IPv4" | "IPv6";

/** Canonical text of an IP address: IPv4 without leading zeros, IPv6 as in RFC 5952. Only {@link parseIpAddress} creates it. */
export type IpAddress = string & { readonly __brand: "IpAddress" };

/** Canonical text of a network: canonical address with host bits cleared, `/`, prefix length. Only `parseCidr` creates it. */
export type Cidr = string & { readonly __brand: "Cidr" };

export interface IpParseOptions {
  /**
   * Reads leading zeros in IPv4 octets and prefix lengths as decimal ("010.0.0.0/08" is 10.0.0.0/8), as the API server does for
   * fields that existed before Go 1.17 became strict. Without this option, they are an error.
   * @default false
   */
  readonly lenient?: boolean;
}

/** A text is not a valid IP address or CIDR. */
export class IpSyntaxError extends RangeError {
  override readonly name = "IpSyntaxError";
  readonly value: string;

  constructor(value: string, problem: string) {
    super(`${JSON.stringify(value)} ${problem}`);
    this.value = value;
  }
}

/**
 * Reads one address without zone or prefix length.
 * Rejects IPv4-mapped IPv6 addresses: the kernel treats them as IPv4 in some places and as IPv6 in others.
 * @throws {IpSyntaxError}
 */
export function parseIpAddress(text: string, options: IpParseOptions = {}): IpAddress {
  if (isIPv4(text)) return text as IpAddress;
  const octets = options.lenient === true ? lenientOctets(text) : undefined;
  if (octets !== undefined) return octets.join(".") as IpAddress;
  if (!isIPv6(text) || text.includes("%")) {
    throw new IpSyntaxError(text, "is not an IP address; expected one such as 10.0.0.1 or fd00::1");
  }
  const groups = ipv6Groups(text);
  if (isIpv4Mapped(groups)) {
    throw new IpSyntaxError(text, "is an IPv4-mapped IPv6 address; write the IPv4 address instead");
  }
  return formatIpv6(groups) as IpAddress;
}

export function familyOf(address: IpAddress): IpFamily {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** Numeric order for `sort`, IPv4 before IPv6. */
export function compareAddresses(left: IpAddress, right: IpAddress): number {
  const leftBytes = addressBytes(left);
  const rightBytes = addressBytes(right);
  return leftBytes.length - rightBytes.length || Buffer.compare(leftBytes, rightBytes);
}

/** The address in network byte order: 4 bytes for IPv4, 16 for IPv6. */
export function addressBytes(address: IpAddress): Uint8Array {
  if (familyOf(address) === "IPv4") return Uint8Array.from(address.split("."), Number);
  return Uint8Array.from(ipv6Groups(address).flatMap((group) => [group >> 8, group & 0xff]));
}

/** Inverse of {@link addressBytes}; `bytes` has length 4 or 16. */
export function addressFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return bytes.join(".") as IpAddress;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return formatIpv6(Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2))) as IpAddress;
}

function lenientOctets(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^[0-9]+$/.test(part))) return undefined;
  const octets = parts.map(Number);
  return octets.every((octet) => octet <= 255) ? octets : undefined;
}

function isIpv4Mapped(groups: readonly number[]): boolean {
  return groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
}

/** The eight groups of an address that `isIPv6` accepted. */
function ipv6Groups(text: string): readonly number[] {
  const [head = "", tail] = text.split("::", 2);
  const before = groupsOf(head);
  if (tail === undefined) return before;
  const after = groupsOf(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groupsOf(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** RFC 5952 section 4: lower case, no leading zeros, the first longest run of two or more zero groups as "::". */
function formatIpv6(groups: readonly number[]): string {
  const hex = groups.map((group) => group.toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}
