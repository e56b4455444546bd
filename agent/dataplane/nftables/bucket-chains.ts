import { assertNever } from "../../../platform/assert-never.ts";
import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { ServicePortName } from "../../services/desired-state.ts";
import { endpointMap, ownName, type L4Protocol, type Scope } from "./names.ts";
import { quote } from "./quote.ts";
import type { Chain } from "./ruleset.ts";
import type { Picker } from "../../scheduling/picker.ts";

/** What the rules of a scheduler chain depend on; only round robin depends on the owner. */
export interface SchedulerTraits {
  readonly family: NftFamily;
  readonly protocol: L4Protocol;
  readonly scope: Scope;
  readonly picker: Picker;
  readonly owner: ServicePortName;
}

/** The same seed on every node: a client keeps its endpoint whichever node it enters by. */
const hashSeed = 0x5eed;

/** First slot of a scope's endpoints; hash tables have ranges of their own so that both can change independently. */
export function firstSlot(scope: Scope, picker: Picker): number {
  const isTable = picker.kind === "sourceHash" || picker.kind === "maglev";
  return (isTable ? 0x20000 : 0) + (scope === "local" ? 0x10000 : 0);
}

/**
 * The chain that sends a connection to one of a frontend's endpoints. All frontends with the same number of endpoints share
 * one, because the modulus is a constant of the rule; the frontend is part of the map key.
 *
 * Each lookup reads the newest state: a packet may read the number of endpoints just before a commit and look for a slot
 * that is gone just after it. The second rule then takes the first slot, which exists as long as any
 * does; the last one keeps the packet from leaving without translation, which conntrack would remember.
 */
export function schedulerChain(traits: SchedulerTraits): Chain {
  const { family, protocol, scope, picker } = traits;
  const offset = quote("number", firstSlot(scope, picker));
  const frontend = `${family} daddr . ${protocol} dport`;
  const endpoints = `map @${endpointMap(protocol)}`;
  return {
    name: schedulerName(traits),
    rules: [
      `dnat ${family} to ${frontend} . ${slotExpression(traits)} offset ${offset} ${endpoints}`,
      `dnat ${family} to ${frontend} . numgen random mod 1 offset ${offset} ${endpoints}`,
      "drop",
    ],
    needs: [],
  };
}

function schedulerName({ protocol, scope, picker, owner, family }: SchedulerTraits): string {
  const local = scope === "local" ? "l" : "";
  switch (picker.kind) {
    case "random":
      return `${protocol}-${local}${picker.slots}`;
    case "sourceHash":
      return `${protocol}-${local}h${picker.slots}`;
    case "maglev":
      return `${protocol}-${local}m${picker.slots}`;
    case "roundRobin":
      // A shared counter would let two services take turns: each could then always get the same endpoint.
      return ownName("rr", owner, scope, family);
    default:
      return assertNever(picker);
  }
}

function slotExpression({ family, protocol, picker }: SchedulerTraits): string {
  const modulus = quote("number", picker.slots);
  switch (picker.kind) {
    case "random":
      return `numgen random mod ${modulus}`;
    case "roundRobin":
      return `numgen inc mod ${modulus}`;
    case "sourceHash":
      return `jhash ${family} saddr mod ${modulus} seed ${hashSeed}`;
    case "maglev":
      return `jhash ${family} saddr . ${protocol} sport mod ${modulus} seed ${hashSeed}`;
    default:
      return assertNever(picker);
  }
}
