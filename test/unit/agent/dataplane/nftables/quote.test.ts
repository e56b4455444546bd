import assert from "node:assert/strict";
import * as fc from "fast-check";
import { NftQuoteError, quote, type NftTerm } from "../../../../../agent/dataplane/nftables/quote.ts";

const terms: readonly NftTerm[] = [
  "address",
  "cidr",
  "port",
  "number",
  "name",
  "interface",
  "interfacePrefix",
];

describe("quote", () => {
  const accepted: readonly (readonly [NftTerm, string | number, string])[] = [
    ["address", "10.0.0.1", "10.0.0.1"],
    ["cidr", "10.0.0.0/8", "10.0.0.0/8"],
    ["cidr", "0.0.0.0/0", "0.0.0.0/0"],
    ["port", 65_535, "65535"],
    ["number", 0x20000, "131072"],
    ["name", "tcp-3", "tcp-3"],
    ["interface", "eth0.100", '"eth0.100"'],
    ["interfacePrefix", "veth", '"veth*"'],
  ];
  for (const [term, value, text] of accepted) {
    it(`writes ${term} ${value}`, () => assert.equal(quote(term, value), text));
  }

  it("writes IPv6 addresses and networks in family ip6", () => {
    assert.equal(quote("address", "fd00::1", "ip6"), "fd00::1");
    assert.equal(quote("cidr", "fd00::/64", "ip6"), "fd00::/64");
  });

  const refused: readonly (readonly [NftTerm, string | number, string])[] = [
    ["address", "fd00::1", "an address of the other family"],
    ["address", "10.0.0.1 . 80", "two terms"],
    ["address", "10.0.0.1/32", "a network as address"],
    ["address", "@svc", "a set"],
    ["address", "drop", "a keyword"],
    ["cidr", "10.0.0.0/33", "a prefix that is too long"],
    ["cidr", "10.0.0.0", "a network without prefix"],
    ["port", 0, "port 0"],
    ["port", 65_536, "a port above 65535"],
    ["port", "80", "a port that is text"],
    ["number", -1, "a negative number"],
    ["number", Number.NaN, "a number that is none"],
    ["name", "tcp-3; flush ruleset", "a second command"],
    ["name", "", "an empty name"],
    ["interface", 'x"; flush ruleset; "', "a quotation mark"],
    ["interface", "eth*", "a pattern as interface"],
    ["interface", "a/b", "a slash"],
    ["interface", "sixteen-letters0", "a name longer than the kernel's 15 bytes"],
    ["interface", "a\nb", "a line break"],
  ];
  for (const [term, value, what] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => quote(term, value), NftQuoteError));
  }

  it("refuses IPv6 addresses with a zone", () => {
    assert.throws(() => quote("address", "fe80::1%eth0", "ip6"), NftQuoteError);
  });

  it("never lets through a character that ends a term or a command", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom(...Array.from("ab1.:/-;{}\"'@$#*\\ \n\t,|&")) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...terms),
        hostile,
        fc.constantFrom("ip" as const, "ip6" as const),
        (term, value, family) => {
          let text: string;
          try {
            text = quote(term, value, family);
          } catch (error) {
            assert.ok(error instanceof NftQuoteError);
            return;
          }
          assert.match(text, /^(?:[A-Za-z0-9./:-]+|"[A-Za-z0-9._:@-]+\*?")$/);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
