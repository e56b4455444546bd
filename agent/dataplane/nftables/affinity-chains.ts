import type { NftFamily } from "../../kernel/nft-session.ts";
import type { DesiredServicePort, Endpoint, Frontend, Route } from "../../services/desired-state.ts";
import { affinityMap, chains, l4Protocol, ownName } from "./names.ts";
import { quote } from "./quote.ts";
import type { AffinityMemory, Chain } from "./ruleset.ts";

/**
 * Session affinity of the frontends of one service port that have the same route.
 *
 * nft cannot look up a map for the data of an update, so the chosen endpoint is recorded after DNAT, when it stands in the
 * packet. Each new connection starts the time anew.
 */
export interface Affinity {
  /** Affinity maps of its own: name → declaration. */
  readonly maps: ReadonlyMap<string, string>;
  /** Sends returning clients to their endpoint and everybody else to the scheduler. */
  recall(scheduler: Chain): Chain;
  /** Remembers the endpoint of a connection. */
  readonly record: Chain;
  /** What the frontend's clients may be remembered by. */
  memories(frontend: Frontend): readonly AffinityMemory[];
}

export interface AffinityTraits {
  readonly port: DesiredServicePort;
  readonly route: Route["kind"];
  /** All endpoints that frontends of this route may use. */
  readonly endpoints: readonly Endpoint[];
  readonly timeoutSeconds: number;
}

export function buildAffinity(family: NftFamily, traits: AffinityTraits): Affinity {
  return family === "ip" ? sharedAffinity(traits) : ownAffinity(traits);
}

/** A record chain that also masquerades: everything, or what comes from the node itself. */
export function recordAndMasquerade(record: Chain, from: "all" | "host"): Chain {
  return {
    name: `${record.name}-${from === "all" ? "masq" : "host"}`,
    rules: [...record.rules, `goto ${from === "all" ? chains.masquerade : chains.masqueradeHost}`],
    needs: [],
  };
}

/** IPv4: one map per protocol for all Services, keyed by client and frontend. */
function sharedAffinity({ port, endpoints, timeoutSeconds }: AffinityTraits): Affinity {
  const protocol = l4Protocol(port.protocol);
  const map = affinityMap(protocol);
  const timeout = quote("number", timeoutSeconds);
  const client = "ip saddr . ct original ip daddr . ct original proto-dst";
  const usable = new Set(endpoints.map((endpoint) => `${endpoint.address} . ${endpoint.port}`));
  return {
    maps: new Map(),
    recall: (scheduler) => ({
      name: `aff-${scheduler.name}`,
      rules: [`dnat ip to ip saddr . ip daddr . ${protocol} dport map @${map}`, `goto ${scheduler.name}`],
      needs: [scheduler],
    }),
    record: {
      name: `rec-${protocol}-${timeout}`,
      rules: [
        `meta l4proto ${protocol} update @${map} { ${client} timeout ${timeout}s : ip daddr . ${protocol} dport }`,
      ],
      needs: [],
    },
    memories: ({ address, port }) => [
      { map, frontend: `${address} . ${port}`, endpoints: usable, timeoutSeconds },
    ],
  };
}

/**
 * IPv6: one map for each port that the endpoints listen on, keyed by client alone and shared by the frontends.
 *
 * nft 1.0.6 (but not 1.1.3) reserves 16 bytes for the key and 16 for the data of an update, whatever they need: a client address
 * fills the key and an endpoint address the data. So the map stands for the frontends and a constant of the rule for the
 * port.
 */
function ownAffinity({ port, route, endpoints, timeoutSeconds }: AffinityTraits): Affinity {
  const protocol = l4Protocol(port.protocol);
  const identity = [port.name, route];
  const timeout = `${quote("number", timeoutSeconds)}s`;
  const mapPrefix = ownName("mem", ...identity);
  const memories = [...groupByPort(endpoints)].map(([port, addresses]) => ({
    port: quote("port", port),
    map: `${mapPrefix}-${quote("port", port)}`,
    addresses,
  }));
  return {
    maps: new Map(memories.map(({ map }) => [map, ownMapDeclaration])),
    recall: (scheduler) => ({
      name: ownName("aff", ...identity, scheduler.name),
      rules: [
        ...memories.map(
          ({ map, port }) => `meta l4proto ${protocol} dnat ip6 to ip6 saddr map @${map} : ${port}`,
        ),
        `goto ${scheduler.name}`,
      ],
      needs: [scheduler],
    }),
    record: {
      name: ownName("rec", ...identity),
      rules: memories.map(
        ({ map, port }) =>
          `${protocol} dport ${port} update @${map} { ip6 saddr timeout ${timeout} : ip6 daddr }`,
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

function groupByPort(endpoints: readonly Endpoint[]): ReadonlyMap<number, ReadonlySet<string>> {
  const ascending = endpoints.toSorted((left, right) => left.port - right.port);
  const groups = new Map<number, Set<string>>();
  for (const { address, port } of ascending) {
    const group = groups.get(port);
    if (group === undefined) groups.set(port, new Set([address]));
    else group.add(address);
  }
  return groups;
}
