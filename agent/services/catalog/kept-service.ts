import type { Cidr, IpAddress } from "../../../platform/ip/address.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import type { Port, ServiceName } from "../desired-state.ts";
import type { ServiceProblem } from "../service-problem.ts";

/** What is kept of a Service: only what traffic depends on, already checked. Made by `agent/watch/trim-service.ts`. */
export interface KeptService {
  readonly name: ServiceName;
  /** Milliseconds since the epoch. Of two Services that claim one address, the older has it. */
  readonly createdAtMs: number;
  /** For serviceSelector of a rule. */
  readonly labels: Readonly<Record<string, string>>;
  /** At most one per family. */
  readonly clusterIPs: readonly IpAddress[];
  readonly externalIPs: readonly IpAddress[];
  /** Ingress addresses with ipMode VIP. */
  readonly loadBalancerIPs: readonly IpAddress[];
  readonly loadBalancerSourceRanges: readonly Cidr[];
  readonly ports: readonly KeptServicePort[];
  readonly internalPolicyLocal: boolean;
  /** Only for externally reachable Services: type NodePort, LoadBalancer, or any with externalIPs. */
  readonly externalPolicyLocal: boolean;
  /** Only for type LoadBalancer with externalTrafficPolicy Local. */
  readonly healthCheckNodePort: Port | undefined;
  /** Timeout of sessionAffinity ClientIP; undefined is None. */
  readonly affinityTimeoutSeconds: number | undefined;
  /** What of the Service was left out. */
  readonly problems: readonly ServiceProblem[];
}

export interface KeptServicePort {
  /** "" or an RFC 1123 label. Unique in the Service together with the protocol. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: Port;
  readonly nodePort: Port | undefined;
}
