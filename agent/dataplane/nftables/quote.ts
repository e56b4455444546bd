import { isIPv4, isIPv6 } from "node:net";
import { assertNever } from "../../../platform/assert-never.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";

/** What a piece of text is meant to be; each has one grammar. */
export type NftTerm = "address" | "cidr" | "port" | "number" | "name" | "interface" | "interfacePrefix";

/** A value cannot be written in the nft language, or is not what it claims to be. */
export class NftQuoteError extends RangeError {
  override readonly name = "NftQuoteError";

  constructor(term: NftTerm, value: string | number) {
    super(`${JSON.stringify(value)} is not a valid nft ${term}`);
  }
}

const namePattern = /^[a-z][a-z0-9-]{0,127}$/;
/** Linux allows more in interface names; what is left out has a meaning inside nft's quotes. */
const interfacePattern = /^[A-Za-z0-9_.:@-]{1,15}$/;

/**
 * The one way by which a value gets into nft text. Returns it in the nft language: no value can end the term it stands in.
 * @throws {NftQuoteError} for every value outside the term's grammar
 */
export function quote(term: NftTerm, value: string | number, family: NftFamily = "ip"): string {
  if (!isValid(term, value, family)) throw new NftQuoteError(term, value);
  if (term === "interface") return `"${value}"`;
  if (term === "interfacePrefix") return `"${value}*"`;
  return String(value);
}

function isValid(term: NftTerm, value: string | number, family: NftFamily): boolean {
  switch (term) {
    case "port":
      return isIntegerWithin(value, 1, 65_535);
    case "number":
      return isIntegerWithin(value, 0, 0xffff_ffff);
    case "address":
      return typeof value === "string" && isAddress(value, family);
    case "cidr":
      return typeof value === "string" && isCidr(value, family);
    case "name":
      return typeof value === "string" && namePattern.test(value);
    case "interface":
      return typeof value === "string" && interfacePattern.test(value);
    case "interfacePrefix":
      return typeof value === "string" && interfacePattern.test(value) && value.length < 15;
    default:
      return assertNever(term);
  }
}

function isIntegerWithin(value: string | number, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function isAddress(text: string, family: NftFamily): boolean {
  return family === "ip" ? isIPv4(text) : isIPv6(text) && !text.includes("%");
}

function isCidr(text: string, family: NftFamily): boolean {
  const slash = text.indexOf("/");
  const length = text.slice(slash + 1);
  return (
    slash !== -1 &&
    isAddress(text.slice(0, slash), family) &&
    /^(0|[1-9][0-9]{0,2})$/.test(length) &&
    Number(length) <= (family === "ip" ? 32 : 128)
  );
}
