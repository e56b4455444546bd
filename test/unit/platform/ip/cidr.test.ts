import * as fc from "fast-check";
import assert from "node:assert/strict";
import { BlockList } from "node:net";
import {
  addressBytes,
  addressFromBytes,
  familyOf,
  IpSyntaxError,
  parseIpAddress,
} from "../../../../platform/ip/address.ts";
import {
  cidrAddress,
  cidrContains,
  cidrFamily,
  cidrPrefixLength,
  hostCidr,
  maxPrefixLength,
  parseCidr,
} from "../../../../platform/ip/cidr.ts";

describe("parseCidr", () => {
  const canonical: readonly (readonly [rule: string, text: string, expected: string])[] = [
    ["a network stays as it is", "10.0.0.0/8", "10.0.0.0/8"],
    ["host bits are cleared", "10.1.2.3/8", "10.0.0.0/8"],
    ["host bits inside a byte are cleared", "10.1.2.255/30", "10.1.2.252/30"],
    ["IPv6 is canonical", "FD00:0:0:1::5/64", "fd00:0:0:1::/64"],
    ["everything", "1.2.3.4/0", "0.0.0.0/0"],
    ["one address", "1.2.3.4/32", "1.2.3.4/32"],
    ["all of IPv6", "fd00::1/0", "::/0"],
  ];
  for (const [rule, text, expected] of canonical) {
    it(rule, () => assert.equal(parseCidr(text), expected));
  }

  for (const text of [
    "10.0.0.0",
    "10.0.0.0/33",
    "fd00::/129",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/",
    "/8",
    "x/8",
  ]) {
    it(`rejects ${text}`, () => assert.throws(() => parseCidr(text), IpSyntaxError));
  }

  it("lenient mode reads leading zeros in IPv4 and in the prefix length as decimal", () => {
    assert.equal(parseCidr("010.0.0.0/8", { lenient: true }), "10.0.0.0/8");
    assert.equal(parseCidr("10.0.0.0/08", { lenient: true }), "10.0.0.0/8");
    assert.equal(parseCidr("10.0.0.0/00", { lenient: true }), "0.0.0.0/0");
    assert.equal(parseCidr("fd00::/0064", { lenient: true }), "fd00::/64");
    assert.throws(() => parseCidr("010.0.0.0/8"), IpSyntaxError);
  });

  for (const text of [
    "10.0.0.0/033",
    "fd00::/0129",
    "10.0.0.0/",
    "10.0.0.0/0x8",
    "10.0.0.0/+8",
    "10.0.0.0/ 8",
  ]) {
    it(`lenient mode still rejects ${text}`, () => {
      assert.throws(() => parseCidr(text, { lenient: true }), IpSyntaxError);
    });
  }
});

describe("parts of a CIDR", () => {
  const cidr = parseCidr("fd00:1::/48");

  it("are address, prefix length and family", () => {
    assert.equal(cidrAddress(cidr), "fd00:1::");
    assert.equal(cidrPrefixLength(cidr), 48);
    assert.equal(cidrFamily(cidr), "IPv6");
  });

  it("have the longest prefix for a single address", () => {
    assert.equal(hostCidr(parseIpAddress("10.0.0.1")), "10.0.0.1/32");
    assert.equal(hostCidr(parseIpAddress("fd00::1")), "fd00::1/128");
  });
});

describe("cidrContains", () => {
  it("is false across families", () => {
    assert.equal(cidrContains(parseCidr("0.0.0.0/0"), parseIpAddress("::")), false);
  });

  const address = fc
    .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
    .filter((bytes) => bytes.length === 4 || bytes[0] !== 0)
    .map(addressFromBytes);

  it("agrees with node's BlockList", () => {
    fc.assert(
      fc.property(
        address,
        fc.integer({ min: 0, max: 128 }),
        address,
        fc.nat(127),
        (network, length, other, flip) => {
          const family = familyOf(network);
          const prefixLength = Math.min(length, maxPrefixLength(family));
          const cidr = parseCidr(`${network}/${prefixLength}`);
          const list = new BlockList();
          list.addSubnet(cidrAddress(cidr), prefixLength, family === "IPv4" ? "ipv4" : "ipv6");
          for (const candidate of [network, other, cidrAddress(cidr), neighbour(network, flip)]) {
            if (familyOf(candidate) !== family) continue;
            const expected = list.check(candidate, family === "IPv4" ? "ipv4" : "ipv6");
            assert.equal(cidrContains(cidr, candidate), expected, `${cidr} ${candidate}`);
          }
        },
      ),
    );
  });
});

/** The address with one bit changed. */
function neighbour(address: ReturnType<typeof parseIpAddress>, bit: number) {
  const width = maxPrefixLength(familyOf(address));
  const bytes = addressBytes(address);
  const index = Math.floor((bit % width) / 8);
  return addressFromBytes(bytes.with(index, (bytes[index] ?? 0) ^ (0x80 >> (bit % 8))));
}
