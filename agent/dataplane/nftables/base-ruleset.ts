import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredNodeFamily } from "../../services/desired-state.ts";
import { withoutNested } from "./cidr-set.ts";
import { unbounded } from "./frontend-capacity.ts";
import { fromPods } from "./match-pods.ts";
import {
  affinityMap,
  chains,
  containers,
  endpointMap,
  l4Protocols,
  layoutMarkerSet,
  scopes,
  serviceCIDRSet,
  type L4Protocol,
} from "./names.ts";
import { clusterIPMasqueradeRules, masquerade, unmatchedRules } from "./node-policy-rules.ts";
import { quote } from "./quote.ts";

/** The part of a table that does not depend on Services. */
export interface BaseRuleset {
  /** Maps and sets: name → kind and declaration, in order of creation. */
  readonly containers: ReadonlyMap<string, ContainerDeclaration>;
  /** Chains: name → hook (undefined for chains that are jumped to) and rules. */
  readonly chains: ReadonlyMap<string, BaseChain>;
  /** Elements of {@link serviceCIDRSet}. */
  readonly serviceCIDRs: readonly string[];
  /** How many frontends the table has room for. */
  readonly frontendCapacity: number;
}

export interface ContainerDeclaration {
  readonly kind: "map" | "set";
  readonly text: string;
}

export interface BaseChain {
  readonly hook: string | undefined;
  readonly rules: readonly string[];
}

/**
 * Rules for every kind of Service; Services themselves are only elements and shared chains. All hooks are of type nat:
 * they see the first packet of a connection, so established traffic costs nothing and no packet needs a mark.
 *
 * Everything is declared with `typeof`: nft 1.0.6 crashes when it lists sets that nft 1.1.3 declared with `type`.
 */
export function baseRuleset(
  family: NftFamily,
  node: DesiredNodeFamily,
  frontendCapacity = unbounded,
): BaseRuleset {
  return {
    frontendCapacity,
    containers: baseContainers(family, frontendCapacity),
    chains: baseChains(family, node),
    serviceCIDRs: withoutNested(node.serviceCIDRs).map((cidr) => quote("cidr", cidr, family)),
  };
}

function baseContainers(
  family: NftFamily,
  frontendCapacity: number,
): ReadonlyMap<string, ContainerDeclaration> {
  const frontend = frontendType(family);
  const verdicts = { kind: "map", text: `{ ${frontend} : verdict; }` } as const;
  return new Map<string, ContainerDeclaration>([
    [layoutMarkerSet(frontendCapacity), set("{ typeof meta mark; }")],
    ["rev", set("{ typeof meta mark; }")],
    [containers.frontends, frontendMap(family, frontendCapacity)],
    [containers.allowedFrontends, verdicts],
    [containers.nodeFrontends, verdicts],
    [containers.outsideFrontends, verdicts],
    [containers.postFrontends, verdicts],
    [containers.inputFrontends, verdicts],
    ...l4Protocols.map((protocol) => [endpointMap(protocol), endpoints(family, protocol)] as const),
    ...(family === "ip"
      ? scopes.flatMap((scope) =>
          l4Protocols.map((protocol) => [affinityMap(protocol, scope), sharedAffinity(protocol)] as const),
        )
      : []),
    [containers.allowedSources, set(`{ ${frontend} . ${family} saddr; flags interval; }`)],
    [containers.clusterIPs, set(`{ typeof ${family} daddr; }`)],
    [containers.elsewhere, set(`{ typeof ${family} daddr; }`)],
    [serviceCIDRSet, set(`{ typeof ${family} daddr; flags interval; }`)],
    [containers.hairpin, set(`{ typeof ${family} saddr . ${family} daddr; }`)],
  ]);
}

/** The map of frontends, with room for so many. */
export function frontendMap(family: NftFamily, capacity: number): ContainerDeclaration {
  const size = capacity === unbounded ? "" : ` size ${capacity};`;
  return { kind: "map", text: `{ ${frontendType(family)} : verdict; counter;${size} }` };
}

function frontendType(family: NftFamily): string {
  return `typeof ${family} daddr . meta l4proto . th dport`;
}

function set(text: string): ContainerDeclaration {
  return { kind: "set", text };
}

/** One map per protocol: nft ties the type of a port that is data to one transport header. */
function endpoints(family: NftFamily, protocol: L4Protocol): ContainerDeclaration {
  const key = `${family} daddr . ${protocol} dport . numgen random mod 1`;
  return {
    kind: "map",
    text: `{ typeof ${key} : ${family} daddr . ${protocol} dport; }`,
  };
}

function sharedAffinity(protocol: L4Protocol): ContainerDeclaration {
  const key = `ip saddr . ip daddr . ${protocol} dport`;
  return {
    kind: "map",
    text: `{ typeof ${key} : ip daddr . ${protocol} dport; flags dynamic,timeout; size 1000000; }`,
  };
}

function baseChains(family: NftFamily, node: DesiredNodeFamily): ReadonlyMap<string, BaseChain> {
  const frontend = `${family} daddr . meta l4proto . th dport`;
  // `ct original proto-dst` in a concatenation needs the protocol match before it (nft 1.0.6).
  const original = `meta l4proto { tcp, udp, sctp } ct original ${family} daddr . meta l4proto . ct original proto-dst`;
  return new Map<string, BaseChain>([
    [chains.noEndpoints, rules("meta l4proto tcp reject with tcp reset", "reject")],
    [chains.clusterIPMiss, rules(...unmatchedRules(family, node))],
    [
      chains.checkSource,
      rules(
        `${frontend} . ${family} saddr @${containers.allowedSources} ${frontend} vmap @${containers.allowedFrontends}`,
        "drop",
      ),
    ],
    [
      chains.byOrigin,
      rules(
        ...fromPods(node.localDetector, family).map(
          (pods) => `${pods} ${frontend} vmap @${containers.nodeFrontends}`,
        ),
        `fib saddr type local ${frontend} vmap @${containers.nodeFrontends}`,
        `${frontend} vmap @${containers.outsideFrontends}`,
        "drop",
      ),
    ],
    [chains.services, rules(`${frontend} vmap @${containers.frontends}`, missRule(family, node))],
    [chains.masquerade, rules(masquerade)],
    [chains.masqueradeHost, rules(`fib saddr type local ${masquerade}`)],
    [
      chains.post,
      rules(
        `${original} vmap @${containers.postFrontends}`,
        `${family} saddr . ${family} daddr @${containers.hairpin} ${masquerade}`,
        ...clusterIPMasqueradeRules(family, node),
      ),
    ],
    // -100 and 100 are dstnat and srcnat, which nft 1.0.6 does not know in output and input.
    [chains.prerouting, { hook: hook("prerouting", -100), rules: [`jump ${chains.services}`] }],
    [chains.output, { hook: hook("output", -100), rules: [`jump ${chains.services}`] }],
    [chains.postrouting, { hook: hook("postrouting", 100), rules: [`ct status dnat goto ${chains.post}`] }],
    [
      chains.input,
      { hook: hook("input", 100), rules: [`ct status dnat ${original} vmap @${containers.inputFrontends}`] },
    ],
  ]);
}

function hook(name: string, priority: number): string {
  return `{ type nat hook ${name} priority ${priority}; policy accept; }`;
}

function rules(...texts: readonly string[]): BaseChain {
  return { hook: undefined, rules: texts };
}

/** Packets to no known frontend. All other traffic pays one lookup. */
function missRule(family: NftFamily, { serviceCIDRs }: DesiredNodeFamily): string {
  const set = serviceCIDRs.length === 0 ? containers.clusterIPs : serviceCIDRSet;
  return `${family} daddr @${set} goto ${chains.clusterIPMiss}`;
}
