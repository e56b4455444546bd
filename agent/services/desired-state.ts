/**
 * What one node should do with service traffic: mode-neutral facts, the input of every dataplane.
 * Made by `build-desired-service.ts` and `build-desired-node.ts`; nothing here is kernel syntax.
 */
import type { SchedulingAlgorithm } from "../../crds/api.ts";
import type { Cidr, IpAddress, IpFamily } from "../../platform/ip/address.ts";
import type { Protocol } from "../../platform/ip/protocol.ts";

/** `namespace/name` of a Service. */
export type ServiceName = string & { readonly __brand: "ServiceName" };

/** Identifies a service port: `namespace/name:portName/protocol`; one per family it is programmed for. */
export type ServicePortName = string & { readonly __brand: "ServicePortName" };

/** TCP, UDP or SCTP port, 1–65535. Comes only from `parsePort`. */
export type Port = number & { readonly __brand: "Port" };

/** A pod (or host process) that answers for a Service. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: Port;
  /** Whether it runs on this node. */
  readonly local: boolean;
  /**
   * Share of new connections relative to the others of its set: an integer in lowest terms, so that equal shares are all 1.
   * 0 gets no new ones, apart from clients that session affinity remembers; at least one endpoint of a set has more.
   */
  readonly weight: number;
}

/** An address a client can use for a service port. */
export interface Frontend {
  readonly kind: "clusterIP" | "externalIP" | "loadBalancerIP" | "nodePort";
  /** For nodePort one frontend per accepted address of the node. */
  readonly address: IpAddress;
  readonly port: Port;
  readonly route: Route;
  /** loadBalancerSourceRanges in force for this frontend; undefined lets everybody in. Others are dropped silently. */
  readonly allowedSources: readonly Cidr[] | undefined;
}

/**
 * Which endpoints a frontend's traffic goes to (section "decision table" of docs/semantics.md).
 * Empty endpoint sets are told apart: nothing usable anywhere is rejected, nothing usable here is dropped.
 */
export type Route =
  /** Policy Cluster: the cluster set for everybody. */
  | { readonly kind: "cluster" }
  /** internalTrafficPolicy Local: the local set for everybody. */
  | { readonly kind: "local" }
  /** externalTrafficPolicy Local: the cluster set for this node and its pods, the local set for the outside. */
  | { readonly kind: "externalLocal" };

/** One port of one Service in one IP family. */
export interface DesiredServicePort {
  readonly name: ServicePortName;
  readonly family: IpFamily;
  readonly protocol: Protocol;
  /** Sorted by kind, then address. */
  readonly frontends: readonly Frontend[];
  readonly algorithm: SchedulingAlgorithm;
  /** Session affinity ClientIP with this timeout; undefined is none. */
  readonly affinityTimeoutSeconds: number | undefined;
  /** Endpoints usable for policy Cluster, sorted by address and port; no duplicates. Empty when no route needs them. */
  readonly clusterEndpoints: readonly Endpoint[];
  /** Endpoints usable for policy Local, likewise; not always a subset of clusterEndpoints. */
  readonly localEndpoints: readonly Endpoint[];
  /** Whether any endpoint anywhere could serve: decides reject (false) against drop (true) where a set is empty. */
  readonly hasUsableEndpoints: boolean;
}

/** All service ports of one Service, both families. */
export interface DesiredService {
  readonly name: ServiceName;
  readonly ports: readonly DesiredServicePort[];
}

/** How a packet is recognised as coming from a pod of this node. */
export type LocalDetector =
  | { readonly kind: "sourceCIDR"; readonly cidrs: readonly Cidr[] }
  | { readonly kind: "interface"; readonly name: string }
  | { readonly kind: "interfacePrefix"; readonly prefix: string }
  /** Nothing is recognised: ClusterIP traffic is not masqueraded and pods count as outside. */
  | { readonly kind: "none" };

/** Facts of the node for one IP family. */
export interface DesiredNodeFamily {
  readonly localDetector: LocalDetector;
  /** Service ranges of the cluster; unallocated addresses in them are dropped. Sorted; may be empty. */
  readonly serviceCIDRs: readonly Cidr[];
  readonly masqueradeAll: boolean;
}

export interface DesiredNode {
  readonly ipv4: DesiredNodeFamily;
  readonly ipv6: DesiredNodeFamily;
}

/** Everything a dataplane programs. */
export interface DesiredState {
  readonly node: DesiredNode;
  readonly services: ReadonlyMap<ServiceName, DesiredService>;
}
