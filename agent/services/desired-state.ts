/**
 * What one node should do with Service traffic: the input of every mode. Made by `build-desired-service.ts` and
 * `build-desired-node.ts`. All policy is decided here, as data; nothing here is kernel syntax.
 */
import type { ProxyMode, SchedulingAlgorithm } from "../../crds/api.ts";
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

/**
 * Who opens a connection, as far as a node can tell: a pod that the {@link LocalDetector} recognises, a process in the node's
 * own network, or any other client.
 */
export type ClientKind = "pod" | "node" | "outside";

/** The endpoints usable for traffic policy Cluster, or those usable for policy Local. */
export type EndpointSet = "cluster" | "local";

/**
 * What happens to a new connection (section "The decision table" of docs/semantics.md). `endpoints` is the set that the
 * traffic policy gives to the client.
 */
export type Verdict =
  /**
   * With `masquerade` the endpoint sees an address of the node, else that of the client. A client that is itself the chosen
   * endpoint is always masqueraded (hairpin).
   */
  | { readonly kind: "loadBalance"; readonly endpoints: EndpointSet; readonly masquerade: boolean }
  /** The set is empty, but other nodes have endpoints. The client gets no answer. */
  | { readonly kind: "drop"; readonly endpoints: EndpointSet }
  /** The Service has no usable endpoint anywhere. The client gets an error at once. */
  | { readonly kind: "refuse"; readonly endpoints: EndpointSet };

/** Made by `policy/decide-verdicts.ts`, which has one object for each combination: equal verdicts are identical. */
export type Verdicts = Readonly<Record<ClientKind, Verdict>>;

/** An address a client can use for a service port. */
export interface Frontend {
  readonly kind: "clusterIP" | "externalIP" | "loadBalancerIP" | "nodePort";
  /** For nodePort one frontend per accepted address of the node. */
  readonly address: IpAddress;
  readonly port: Port;
  readonly verdicts: Verdicts;
  /**
   * loadBalancerSourceRanges for this frontend; undefined allows all sources. Packets from other sources are dropped,
   * whatever the verdicts say.
   */
  readonly allowedSources: readonly Cidr[] | undefined;
}

/**
 * One port of one Service in one IP family. Modes may rely on these invariants, which
 * `test/unit/agent/services/desired-state-invariants.test.ts` holds for random clusters and settings:
 *
 * - A verdict `loadBalance` names a set with endpoints; `drop` and `refuse` name an empty one. A set that no verdict names is
 *   empty.
 * - `refuse` is for all clients of all frontends of the port, or for none.
 * - All clients of a ClusterIP use the same set, and those of {@link DesiredNodeFamily.clusterIPMasquerade} are masqueraded.
 * - At all other addresses the node itself uses the cluster set and is masqueraded. Clients from outside use the cluster set
 *   and are masqueraded, or use the local set and are not.
 * - A pod at such an address uses the cluster set. Where the detector recognises no pods, its verdict is that of `outside`.
 */
export interface DesiredServicePort {
  readonly name: ServicePortName;
  readonly family: IpFamily;
  readonly protocol: Protocol;
  /** Sorted by kind, then address. */
  readonly frontends: readonly Frontend[];
  readonly algorithm: SchedulingAlgorithm;
  /** Session affinity ClientIP with this timeout; undefined is none. */
  readonly affinityTimeoutSeconds: number | undefined;
  /** Endpoints usable for policy Cluster, sorted by address and port; no duplicates. Empty when no verdict needs them. */
  readonly clusterEndpoints: readonly Endpoint[];
  /** Endpoints usable for policy Local, likewise; not always a subset of clusterEndpoints. */
  readonly localEndpoints: readonly Endpoint[];
}

/** All service ports of one Service, both families. */
export interface DesiredService {
  readonly name: ServiceName;
  /** The mode that `services[].mode` asks for; undefined is the node's. */
  readonly mode: ProxyMode | undefined;
  readonly ports: readonly DesiredServicePort[];
}

/** How a packet is recognised as coming from a pod of this node. */
export type LocalDetector =
  | { readonly kind: "sourceCIDR"; readonly cidrs: readonly Cidr[] }
  | { readonly kind: "interface"; readonly name: string }
  | { readonly kind: "interfacePrefix"; readonly prefix: string }
  /** No pod is recognised. */
  | { readonly kind: "none" };

/** What happens to connections to a ClusterIP or an address of the Service ranges that match no frontend. */
export interface UnmatchedPolicy {
  /** The address is a ClusterIP: its Service does not have the port or the protocol. */
  readonly undefinedPort: "refuse" | "drop";
  /** No Service has the address. */
  readonly unallocatedAddress: "refuse" | "drop";
  /**
   * Whose connections pass instead where the node itself has the address on an interface, as with a DNS cache on each node.
   */
  readonly passToOwnAddress: Readonly<Record<ClientKind, boolean>>;
}

/** Facts of the node and policy for all Services, in one IP family. */
export interface DesiredNodeFamily {
  readonly localDetector: LocalDetector;
  /** Service ranges of the cluster. Sorted; may be empty. */
  readonly serviceCIDRs: readonly Cidr[];
  readonly unmatched: UnmatchedPolicy;
  /** Whose connections to ClusterIPs are masqueraded. The verdicts of all ClusterIPs say the same. */
  readonly clusterIPMasquerade: Readonly<Record<ClientKind, boolean>>;
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
