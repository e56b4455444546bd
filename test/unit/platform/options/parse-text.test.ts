import assert from "node:assert/strict";
import type { ParseText } from "../../../../platform/options/flag.ts";
import { OptionsError } from "../../../../platform/options/options-error.ts";
import {
  parseBoolean,
  parseDirectory,
  parseFileName,
  parseListenAddress,
  parseOneOf,
  parsePattern,
  parseUrl,
  parseWholeNumber,
} from "../../../../platform/options/parse-text.ts";

const directory = parseDirectory({ example: "/run/x" });
const level = parseOneOf(["low", "high"]);
const percent = parseWholeNumber({ least: 1, most: 100 });
const label = parsePattern({ pattern: /^[a-z]+$/, maxLength: 3, what: "a word" });

const good: readonly (readonly [what: string, parse: ParseText<unknown>, text: string, value: unknown])[] = [
  ["a file name", parseFileName, "a b", "a b"],
  ["an https URL", parseUrl, "https://192.0.2.1:6443", "https://192.0.2.1:6443"],
  ["an http URL", parseUrl, "http://[2001:db8::1]:80/path", "http://[2001:db8::1]:80/path"],
  ["an address and port", parseListenAddress, "127.0.0.1:0", "127.0.0.1:0"],
  ["a host name and port", parseListenAddress, "localhost:65535", "localhost:65535"],
  ["an IPv6 address in brackets", parseListenAddress, "[::]:10256", "[::]:10256"],
  ["true", parseBoolean, "true", true],
  ["false", parseBoolean, "false", false],
  ["an absolute path", directory, "/var", "/var"],
  ["a known word", level, "high", "high"],
  ["the least number", percent, "1", 1],
  ["the largest number", percent, "100", 100],
  ["text that matches", label, "abc", "abc"],
];

const bad: readonly (readonly [what: string, parse: ParseText<unknown>, text: string, rule: string])[] = [
  ["no file name", parseFileName, "", "the name of a file"],
  [
    "an address that is no URL",
    parseUrl,
    "192.0.2.1:6443",
    "an http or https URL such as https://192.0.2.1:6443",
  ],
  ["another protocol", parseUrl, "ftp://x", "an http or https URL such as https://192.0.2.1:6443"],
  [
    "an address without a port",
    parseListenAddress,
    "0.0.0.0",
    "HOST:PORT with a port of 0-65535, such as 127.0.0.1:10249 or [::]:10256",
  ],
  [
    "a port above 65535",
    parseListenAddress,
    "x:65536",
    "HOST:PORT with a port of 0-65535, such as 127.0.0.1:10249 or [::]:10256",
  ],
  [
    "an IPv6 address without brackets",
    parseListenAddress,
    "::1:80",
    "HOST:PORT with a port of 0-65535, such as 127.0.0.1:10249 or [::]:10256",
  ],
  ["another word than true and false", parseBoolean, "yes", "true or false"],
  ["a relative path", directory, "run", "an absolute path such as /run/x"],
  ["an unknown word", level, "middle", "one of low, high"],
  ["a number that is too small", percent, "0", "a whole number from 1 to 100"],
  ["a number that is too large", percent, "101", "a whole number from 1 to 100"],
  ["a number with a unit", percent, "5s", "a whole number from 1 to 100"],
  ["a fraction", percent, "1.5", "a whole number from 1 to 100"],
  ["no number", percent, "", "a whole number from 1 to 100"],
  ["text that does not match", label, "AB", "a word"],
  ["text that is too long", label, "abcd", "a word"],
];

describe("values of flags", () => {
  for (const [what, parse, text, value] of good) {
    it(`takes ${what}`, () => assert.deepEqual(parse(text, "--flag"), value));
  }

  for (const [what, parse, text, rule] of bad) {
    it(`refuses ${what}, naming flag, rule and value`, () => {
      assert.throws(
        () => parse(text, "--flag"),
        (error) => {
          assert.ok(error instanceof OptionsError);
          assert.equal(error.message, `--flag must be ${rule}; got ${JSON.stringify(text)}`);
          return true;
        },
      );
    });
  }
});
