import type { Cidr } from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";
import { fieldsOf, itemsOf, textOf } from "./read-json.ts";

/** The fields of a ServiceCIDR that the agent uses. */
export interface KeptServiceCIDR {
  readonly name: string;
  readonly cidrs: readonly Cidr[];
}

/** Undefined for an object without a name. A range that does not parse is left out: fewer addresses are then dropped. */
export function trimServiceCIDR(object: unknown): KeptServiceCIDR | undefined {
  const fields = fieldsOf(object);
  const name = textOf(fieldsOf(fields["metadata"])["name"]);
  if (name === undefined) return undefined;
  return { name, cidrs: itemsOf(fieldsOf(fields["spec"])["cidrs"]).flatMap(readCidr) };
}

function readCidr(value: unknown): readonly Cidr[] {
  try {
    return typeof value === "string" ? [parseCidr(value)] : [];
  } catch {
    return [];
  }
}
