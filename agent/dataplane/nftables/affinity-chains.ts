import type { NftFamily } from "../../kernel/nft/nft-session.ts";
import type { DesiredServicePort, Endpoint, Frontend } from "../../services/desired-state.ts";
import { affinityMap, chains, containers, l4Protocol, ownName, type Scope } from "./names.ts";
import { quote } from "./quote.ts";
import type { AffinityMemory, Chain } from "./ruleset.ts";

/**
 * Session affinity of the frontends of one service port whose verdicts name the same endpoint sets.
 *
 * nft cannot look up a map for the data of an update, so the chosen endpoint is recorded after DNAT, when the packet
 * has its address. Each new connection restarts the timeout.
 *
 * Each scope has a memory of its own, and only endpoints of the scope are in it: a client is never recalled to an endpoint
 * that its connection must not reach. The chain that records does not know which scope a connection had. So where a frontend
 * has two, the endpoint is remembered in each scope that it belongs to; this also keeps clients when the policy changes.
 */
export interface Affinity {
  /** Affinity maps of its own: name → declaration. */
  readonly maps: ReadonlyMap<string, string>;
  /** Sends returning clients to their endpoint of the scope and all other clients to the scope's scheduler. */
  recall(scope: Scope, scheduler: Chain): Chain;
  /** Remembers the endpoint of a connection. */
  readonly record: Chain;
  /** What the affinity maps may hold for the frontend. */
  memories(frontend: Frontend): readonly AffinityMemory[];
}

/** The scopes of a frontend, with their endpoints. */
export type ScopeEndpoints = ReadonlyMap<Scope, readonly Endpoint[]>;

export interface AffinityTraits {
  readonly port: DesiredServicePort;
  readonly scopes: ScopeEndpoints;
  readonly timeoutSeconds: number;
}

export function buildAffinity(family: NftFamily, traits: AffinityTraits): Affinity {
  return family === "ip" ? sharedAffinity(traits) : ownAffinity(traits);
}

/** A record chain that also masquerades: all connections, or those of the node itself. */
export function recordAndMasquerade(record: Chain, from: "all" | "host"): Chain {
  return {
    name: `${record.name}-${from === "all" ? "masq" : "host"}`,
    rules: [...record.rules, `goto ${from === "all" ? chains.masquerade : chains.masqueradeHost}`],
    needs: [],
  };
}

/** IPv4: one map per protocol and scope for all Services, keyed by client and frontend. */
function sharedAffinity({ port, scopes, timeoutSeconds }: AffinityTraits): Affinity {
  const protocol = l4Protocol(port.protocol);
  const timeout = quote("number", timeoutSeconds);
  const target = `ip daddr . ${protocol} dport`;
  const entry = `{ ip saddr . ct original ip daddr . ct original proto-dst timeout ${timeout}s : ${target} }`;
  const leftOut = leftOutOf(scopes).map(
    ({ address, port }) => `${quote("address", address, "ip")} . ${quote("port", port)}`,
  );
  return {
    maps: new Map(),
    recall: (scope, scheduler) => ({
      name: `aff-${scheduler.name}`,
      rules: [
        `dnat ip to ip saddr . ip daddr . ${protocol} dport map @${affinityMap(protocol, scope)}`,
        `goto ${scheduler.name}`,
      ],
      needs: [scheduler],
    }),
    record: {
      // Rules that name endpoints are those of one service port; all others are shared.
      name:
        leftOut.length === 0
          ? `rec-${protocol}-${scopeMark(scopes)}${timeout}`
          : ownName("rec", port.name, scopesName(scopes)),
      rules: [...scopes.keys()].map((scope) => {
        const match = recordMatch(scope, { family: "ip", scopes, target, leftOut });
        return `meta l4proto ${protocol} ${match}update @${affinityMap(protocol, scope)} ${entry}`;
      }),
      needs: [],
    },
    memories: ({ address, port }) =>
      [...scopes].map(([scope, endpoints]) => ({
        map: affinityMap(protocol, scope),
        frontend: `${address} . ${port}`,
        endpoints: new Set(endpoints.map(endpointText)),
        timeoutSeconds,
      })),
  };
}

/** Distinguishes the names of shared chains for different scopes. */
function scopeMark(scopes: ScopeEndpoints): string {
  if (!scopes.has("local")) return "";
  return scopes.has("cluster") ? "cl" : "l";
}

/** As earlier versions have it in the hash, so that a refilled table keeps its chains. */
function scopesName(scopes: ScopeEndpoints): string {
  if (!scopes.has("local")) return "cluster";
  return scopes.has("cluster") ? "externalLocal" : "local";
}

/**
 * IPv6: one map for each scope and each port that its endpoints listen on, keyed by client alone and shared by the frontends.
 *
 * nft 1.0.6 (but not 1.1.3) reserves 16 bytes for the key and 16 for the data of an update, whatever they need: a client address
 * fills the key and an endpoint address the data. So the map stands for the frontends and a constant of the rule for the
 * port.
 */
function ownAffinity({ port, scopes, timeoutSeconds }: AffinityTraits): Affinity {
  const protocol = l4Protocol(port.protocol);
  const timeout = `${quote("number", timeoutSeconds)}s`;
  const leftOut = groupByPort(leftOutOf(scopes));
  const memories = [...scopes].flatMap(([scope, endpoints]) =>
    [...groupByPort(endpoints)].map(([number, addresses]) => ({
      scope,
      port: quote("port", number),
      map: `${ownName("mem", port.name, scope)}-${quote("port", number)}`,
      addresses,
      match: recordMatch(scope, {
        family: "ip6",
        scopes,
        target: "ip6 daddr",
        leftOut: [...(leftOut.get(number) ?? [])].map((address) => quote("address", address, "ip6")),
      }),
    })),
  );
  return {
    maps: new Map(memories.map(({ map }) => [map, ownMapDeclaration])),
    recall: (scope, scheduler) => ({
      name: ownName("aff", port.name, scope, scheduler.name),
      rules: [
        ...memories
          .filter((memory) => memory.scope === scope)
          .map(({ map, port }) => `meta l4proto ${protocol} dnat ip6 to ip6 saddr map @${map} : ${port}`),
        `goto ${scheduler.name}`,
      ],
      needs: [scheduler],
    }),
    record: {
      name: ownName("rec", port.name, scopesName(scopes)),
      rules: memories.map(
        ({ map, port, match }) =>
          `${protocol} dport ${port} ${match}update @${map} { ip6 saddr timeout ${timeout} : ip6 daddr }`,
      ),
      needs: [],
    },
    memories: () =>
      memories.map(({ map, addresses }) => ({
        map,
        frontend: undefined,
        endpoints: addresses,
        timeoutSeconds,
      })),
  };
}

/** The size is only a cap. */
const ownMapDeclaration = "{ typeof ip6 saddr : ip6 daddr; flags dynamic,timeout; size 1000000; }";

interface RecordTraits {
  readonly family: NftFamily;
  readonly scopes: ScopeEndpoints;
  /** The endpoint in a translated packet. */
  readonly target: string;
  /** The endpoints that the cluster scope leaves out, written like the target. */
  readonly leftOut: readonly string[];
}

/**
 * What a translated packet must match for its endpoint to be remembered in a scope. Where there are two, the local one has
 * the endpoints of this node, and the other all but those it leaves out; so both rules are short and rarely change.
 */
function recordMatch(scope: Scope, { family, scopes, target, leftOut }: RecordTraits): string {
  if (scopes.size === 1) return "";
  if (scope === "local") return `${family} daddr . ${family} daddr @${containers.hairpin} `;
  return leftOut.length === 0 ? "" : `${target} != { ${leftOut.join(", ")} } `;
}

/**
 * Endpoints of the local scope that the cluster scope leaves out: those that terminate while others are ready elsewhere, and
 * those that topology hints give to other nodes.
 */
function leftOutOf(scopes: ScopeEndpoints): readonly Endpoint[] {
  const cluster = scopes.get("cluster");
  if (cluster === undefined) return [];
  const known = new Set(cluster.map(endpointText));
  return (scopes.get("local") ?? []).filter((endpoint) => !known.has(endpointText(endpoint)));
}

function endpointText({ address, port }: Endpoint): string {
  return `${address} . ${port}`;
}

function groupByPort(endpoints: readonly Endpoint[]): ReadonlyMap<number, ReadonlySet<Endpoint["address"]>> {
  const ascending = endpoints.toSorted((left, right) => left.port - right.port);
  const groups = new Map<number, Set<Endpoint["address"]>>();
  for (const { address, port } of ascending) {
    const group = groups.get(port);
    if (group === undefined) groups.set(port, new Set([address]));
    else group.add(address);
  }
  return groups;
}
