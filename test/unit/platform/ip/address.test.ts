import * as fc from "fast-check";
import assert from "node:assert/strict";
import {
  addressBytes,
  addressFromBytes,
  compareAddresses,
  familyOf,
  IpSyntaxError,
  parseIpAddress,
} from "../../../../platform/ip/address.ts";

describe("parseIpAddress", () => {
  const canonical: readonly (readonly [rule: string, text: string, expected: string])[] = [
    ["IPv4 stays as it is", "10.0.0.1", "10.0.0.1"],
    ["IPv6 is lower case", "FD00::ABCD", "fd00::abcd"],
    ["leading zeros of IPv6 groups are removed", "fd00:0000:0000:0001:0:0:0:01", "fd00:0:0:1::1"],
    ["the longest run of zeros is compressed", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["the first of equal runs is compressed", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["a single zero group is not compressed", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["an unnecessary :: is expanded", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["the unspecified address", "0:0:0:0:0:0:0:0", "::"],
    ["a run at the end", "fe80:0:0:0:0:0:0:0", "fe80::"],
    ["dotted tail of NAT64", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["a small address is not IPv4-compatible", "::1:0", "::1:0"],
  ];
  for (const [rule, text, expected] of canonical) {
    it(rule, () => assert.equal(parseIpAddress(text), expected));
  }

  const refused: readonly (readonly [rule: string, text: string])[] = [
    ["nothing", ""],
    ["a name", "localhost"],
    ["leading zeros in IPv4", "010.0.0.1"],
    ["three octets", "10.0.1"],
    ["an octet above 255", "10.0.0.256"],
    ["a zone", "fe80::1%eth0"],
    ["brackets", "[::1]"],
    ["a prefix length", "10.0.0.0/8"],
    ["spaces", " 10.0.0.1"],
    ["an IPv4-mapped address", "::ffff:10.0.0.1"],
    ["an IPv4-mapped address in hex", "::ffff:a00:1"],
  ];
  for (const [rule, text] of refused) {
    it(`rejects ${rule} and reports it`, () => {
      assert.throws(
        () => parseIpAddress(text),
        (error) => error instanceof IpSyntaxError && error.value === text && error.message.includes(text),
      );
    });
  }

  it("lenient mode reads leading zeros in IPv4 as decimal", () => {
    assert.equal(parseIpAddress("010.000.08.1", { lenient: true }), "10.0.8.1");
  });

  for (const text of ["0256.0.0.1", "1.2.3", "1.2.3.4.5", "1.2.3.-4", "0x1.2.3.4", "1.2.3.4 "]) {
    it(`lenient mode still rejects ${text}`, () => {
      assert.throws(() => parseIpAddress(text, { lenient: true }), IpSyntaxError);
    });
  }
});

const bytes = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xff })), { minLength: 16, maxLength: 16 })
    .map((list) => Uint8Array.from(list)),
);

describe("IP addresses, for any bytes", () => {
  const addresses = bytes.filter((value) => !isMapped(value)).map(addressFromBytes);

  it("text and bytes are the same address", () => {
    fc.assert(
      fc.property(bytes, (value) =>
        assert.deepEqual(addressBytes(addressFromBytes(value)), Uint8Array.from(value)),
      ),
    );
  });

  it("canonical text parses to itself, also in upper case", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        assert.equal(parseIpAddress(address), address);
        assert.equal(parseIpAddress(address.toUpperCase()), address);
      }),
    );
  });

  it("canonical IPv6 is the same as in the URL standard", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        if (familyOf(address) === "IPv6")
          assert.equal(new URL(`http://[${address}]/`).hostname, `[${address}]`);
      }),
    );
  });

  it("order is numeric, IPv4 first", () => {
    fc.assert(
      fc.property(addresses, addresses, (left, right) => {
        const number = (address: typeof left) =>
          BigInt(`0x${Buffer.from(addressBytes(address)).toString("hex")}`);
        const expected =
          familyOf(left) === familyOf(right)
            ? Number(number(left) > number(right)) - Number(number(left) < number(right))
            : familyOf(left) === "IPv4"
              ? -1
              : 1;
        assert.equal(Math.sign(compareAddresses(left, right)), expected);
      }),
    );
  });
});

function isMapped(value: Uint8Array): boolean {
  return (
    Buffer.from(value)
      .toString("hex")
      .startsWith(`${"0".repeat(20)}ffff`) && value.length === 16
  );
}
