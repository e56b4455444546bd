import { createHash } from "node:crypto";
import { assertNever } from "../../../platform/assert-never.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import type { EndpointSet } from "../../services/desired-state.ts";
import { unbounded } from "./frontend-capacity.ts";

/** Our table, one in family `ip` and one in `ip6`. Everything in it is ours. */
export const tableName = "kubesteer";

/**
 * Number of the table's layout. Raise it whenever a set, map or base chain of `base-ruleset.ts` changes its declaration:
 * a table of another layout is replaced as a whole instead of being refilled.
 */
export const layoutVersion = 1;

/**
 * A set that only says which layout the table has, and how many frontends its map takes where that is limited. Agents that know
 * no limits find no table of their layout then, and replace it.
 */
export function layoutMarkerSet(frontendCapacity: number): string {
  const layout = `layout-${layoutVersion}`;
  return frontendCapacity === unbounded ? layout : `${layout}-size-${frontendCapacity}`;
}

/** How many frontends a table with these sets has room for; undefined when it is of another layout. */
export function readFrontendCapacity(sets: ReadonlySet<string>): number | undefined {
  const marker = new RegExp(`^layout-${layoutVersion}(?:-size-([1-9]\\d*))?$`);
  const capacities = [...sets].flatMap((name) => {
    const match = marker.exec(name);
    return match === null ? [] : [match[1] === undefined ? unbounded : Number(match[1])];
  });
  return capacities.length === 0 ? undefined : Math.min(...capacities);
}

/** nft's word for a protocol. */
export type L4Protocol = "tcp" | "udp" | "sctp";

export const l4Protocols: readonly L4Protocol[] = ["tcp", "udp", "sctp"];

export function l4Protocol(protocol: Protocol): L4Protocol {
  switch (protocol) {
    case "TCP":
      return "tcp";
    case "UDP":
      return "udp";
    case "SCTP":
      return "sctp";
    default:
      return assertNever(protocol);
  }
}

/** Which endpoints a chain chooses from. */
export type Scope = EndpointSet;

export const scopes: readonly Scope[] = ["cluster", "local"];

/** Maps and sets that hold Services. A frontend is address . protocol . port. */
export const containers = {
  /** Frontend → what happens to a new connection; counts connections. */
  frontends: "svc",
  /** Takes its place while it is replaced. */
  interimFrontends: "svc-interim",
  /** The same behind the check of allowed sources. */
  allowedFrontends: "svc-fw",
  /** The same where clients from outside have another verdict: for this node and its pods. */
  nodeFrontends: "svc-cl",
  /** The same for clients from outside. */
  outsideFrontends: "svc-lo",
  /** Original frontend → masquerade and record affinity, after DNAT. */
  postFrontends: "post-fe",
  /** Original frontend → record affinity, for endpoints in the host network. */
  inputFrontends: "input-fe",
  /** Frontend . source network that may use it. */
  allowedSources: "lb-allow",
  clusterIPs: "cluster-ips",
  /** Addresses of Services that other modes of this node serve. */
  elsewhere: "elsewhere",
  /** Endpoint . endpoint for every endpoint of this node. */
  hairpin: "hairpin",
} as const;

export type EndpointMap = `eps-${L4Protocol}`;
export type ContainerName = (typeof containers)[keyof typeof containers] | EndpointMap;

/** Frontend . slot → endpoint address . port. */
export function endpointMap(protocol: L4Protocol): EndpointMap {
  return `eps-${protocol}`;
}

/** All maps and sets whose elements are those of Services. */
export const serviceContainers: ReadonlySet<string> = new Set([
  ...Object.values(containers),
  ...l4Protocols.map(endpointMap),
]);

/** IPv4: client . frontend → endpoint of a scope, written by packets. */
export function affinityMap(protocol: L4Protocol, scope: Scope): string {
  return scope === "local" ? `aff-l-${protocol}` : `aff-${protocol}`;
}

/** Service ranges of the cluster; filled with the base ruleset. */
export const serviceCIDRSet = "svc-cidrs";

/** Constant chains. Those of Services are named in `bucket-chains.ts` and `affinity-chains.ts`. */
export const chains = {
  prerouting: "prerouting",
  output: "output",
  postrouting: "postrouting",
  input: "input",
  services: "services",
  noEndpoints: "no-endpoints",
  clusterIPMiss: "clusterip-miss",
  checkSource: "lbsrc",
  byOrigin: "etplocal",
  post: "post",
  masquerade: "masq",
  masqueradeHost: "masq-host",
} as const;

/** Name of a chain or map that belongs to one service port: 128 bits of a hash, so that no two can meet. */
export function ownName(prefix: string, ...identity: readonly string[]): string {
  const hash = createHash("sha256").update(identity.join("\n")).digest("hex");
  return `${prefix}-${hash.slice(0, 32)}`;
}
