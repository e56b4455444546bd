import { isAbsolute } from "node:path";
import type { ParseText } from "./flag.ts";
import { OptionsError } from "./options-error.ts";

/** Any text but the empty one. */
export const parseFileName: ParseText<string> = (text, source) =>
  text === "" ? refuse(source, "the name of a file", text) : text;

/** The text of an http or https URL. */
export const parseUrl: ParseText<string> = (text, source) => {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === "https:" || protocol === "http:") return text;
  return refuse(source, "an http or https URL such as https://192.0.2.1:6443", text);
};

/** `host:port` or `[ipv6]:port`; port 0 stands for any free one. */
export const parseListenAddress: ParseText<string> = (text, source) => {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined && Number(port) <= 65_535) return text;
  return refuse(source, "HOST:PORT with a port of 0-65535, such as 127.0.0.1:10249 or [::]:10256", text);
};

export const parseBoolean: ParseText<boolean> = (text, source) =>
  text === "true" || text === "false" ? text === "true" : refuse(source, "true or false", text);

/** An absolute path. */
export function parseDirectory({ example }: { readonly example: string }): ParseText<string> {
  return (text, source) =>
    isAbsolute(text) ? text : refuse(source, `an absolute path such as ${example}`, text);
}

/** One of the given words. */
export function parseOneOf<Word extends string>(words: readonly Word[]): ParseText<Word> {
  return (text, source) =>
    words.find((word) => word === text) ?? refuse(source, `one of ${words.join(", ")}`, text);
}

/** A whole number in decimal digits, limits included. */
export function parseWholeNumber({
  least,
  most,
}: {
  readonly least: number;
  readonly most: number;
}): ParseText<number> {
  return (text, source) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    return refuse(source, `a whole number from ${least} to ${most}`, text);
  };
}

/** Text that matches a pattern and is not too long. */
export function parsePattern({
  pattern,
  maxLength,
  what,
}: {
  readonly pattern: RegExp;
  readonly maxLength: number;
  /** What it must be, after "must be". */
  readonly what: string;
}): ParseText<string> {
  return (text, source) =>
    text.length <= maxLength && pattern.test(text) ? text : refuse(source, what, text);
}

function refuse(source: string, what: string, text: string): never {
  throw new OptionsError(`${source} must be ${what}; got ${JSON.stringify(text)}`);
}
