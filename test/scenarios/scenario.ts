import type { IpFamily } from "../../platform/ip/address.ts";
import type { AddressPair } from "../../playground/nodes/network-plan.ts";
import type { PartialNodeProxyConfig } from "../support/make-objects.ts";
import type { BackendName, NodeName, SourceName } from "./addresses.ts";
import type { EndpointSliceObject, ServiceObject } from "./cluster-objects.ts";

/**
 * One rule of behaviour as data, the same for every mode: what is in the cluster, and what requests must experience in
 * both address families. Played as real packets by `test/packets/`, rendered as text by `test/golden/`.
 */
export interface Scenario {
  /** The rule as a sentence; unique. */
  readonly name: string;
  /** One after the other in the same cluster: how changes reach the kernel. */
  readonly steps: readonly [Step, ...Step[]];
}

/** A state of the cluster, complete, and what is true in it. */
export interface Step {
  /** What has changed since the step before. */
  readonly name?: string;
  readonly services?: readonly ServiceObject[];
  readonly endpointSlices?: readonly EndpointSliceObject[];
  /** Settings that differ from the defaults of the schema. */
  readonly config?: PartialNodeProxyConfig;
  readonly node?: NodeFacts;
  /** Nodes that have a dataplane. @default node1 */
  readonly programmed?: readonly NodeName[];
  /** Where the node's monotonic clock stands, in milliseconds: for changes that time alone makes. @default 0 */
  readonly clockMs?: number;
  /** Open connections that the node has counted at endpoints; undefined is as before. */
  readonly connections?: Shares;
  /** Time to let pass before the requests. */
  readonly waitMs?: number;
  /** Made at the same time. */
  readonly probes: readonly Probe[];
}

/** What a step says about the cluster. */
export type ClusterState = Omit<Step, "probes">;

/** How the programmed nodes differ from the network plan. */
export interface NodeFacts {
  /** The Node has no label topology.kubernetes.io/zone. */
  readonly withoutZone?: boolean;
  /** The Node has no spec.podCIDRs: with detect NodeCIDR nothing tells pods from the outside. */
  readonly withoutPodCIDRs?: boolean;
}

/** Requests from one place to one address. */
export interface Probe {
  readonly from: SourceName;
  readonly to: Destination;
  /** Requests to these count as requests to `to`. */
  readonly alsoTo?: readonly Destination[];
  readonly expect: Outcome;
  /** @default both */
  readonly families?: readonly IpFamily[];
  /** How many requests. Default is enough to meet every expected backend. */
  readonly count?: number;
  /** Pause after each request; such requests are made one at a time. */
  readonly intervalMs?: number;
}

export interface Destination {
  readonly address: AddressPair;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

/** What all requests of a probe experience. */
export type Outcome =
  | {
      readonly kind: "answered";
      readonly by: readonly BackendName[];
      readonly spread: Spread;
      /** For `even` and `turns`: how often one backend is to answer for one answer of another. @default 1 each */
      readonly shares: Shares;
      /** The source address that backends see; undefined is not checked. */
      readonly sees: Seen | undefined;
      /** The port that backends are asked on; undefined is not checked. */
      readonly port: number | undefined;
    }
  /** The client is told at once that nobody is there. */
  | { readonly kind: "refused" }
  /** The client hears nothing. */
  | { readonly kind: "dropped" }
  /** No pod answers; how the client finds out is not ours to decide. */
  | { readonly kind: "unserved" };

/** How requests are divided: `every` backend gets some, `even`ly, strictly in `turns`, always the same `one`, `several`. */
export type Spread = "every" | "even" | "turns" | "one" | "several";

export type Shares = { readonly [Backend in BackendName]?: number };

/** The address of the client itself, or one of the programmed node. For hairpins it differs by backend. */
export type Seen = "client" | "node" | { readonly [Backend in BackendName]?: "client" | "node" };

/** A scenario without changes. */
export function scenario(name: string, step: Step): Scenario {
  return { name, steps: [step] };
}

export function at(address: AddressPair, port: number, protocol: "TCP" | "UDP" = "TCP"): Destination {
  return { address, port, protocol };
}

export function answeredBy(
  by: readonly BackendName[],
  {
    sees,
    spread = "every",
    shares = {},
    port,
  }: {
    readonly sees?: Seen;
    readonly spread?: Spread;
    readonly shares?: Shares;
    readonly port?: number;
  } = {},
): Outcome {
  return { kind: "answered", by, spread, shares, sees, port };
}

export const refused: Outcome = { kind: "refused" };
export const dropped: Outcome = { kind: "dropped" };
export const unserved: Outcome = { kind: "unserved" };
