import type { IpAddress, IpFamily } from "../../../platform/ip/address.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import type { Port, ServiceName } from "../desired-state.ts";
import type { ServiceProblem } from "../service-problem.ts";

/** What is kept of an EndpointSlice, already checked. Made by `agent/watch/trim-endpoint-slice.ts`. */
export interface KeptEndpointSlice {
  /** Label kubernetes.io/service-name, in the slice's namespace. */
  readonly service: ServiceName;
  readonly family: IpFamily;
  readonly ports: readonly KeptEndpointPort[];
  readonly endpoints: readonly KeptEndpoint[];
  /** Annotation endpoints.kubernetes.io/last-change-trigger-time, milliseconds since the epoch. */
  readonly triggerTimeMs: number | undefined;
  /** What of the slice was left out. */
  readonly problems: readonly ServiceProblem[];
}

export interface KeptEndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: Port;
}

/** Conditions with their defaults applied. */
export interface KeptEndpoint {
  readonly address: IpAddress;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Annotation kubesteer.dev/endpoint-weights, 0–100. */
  readonly weight: number;
  readonly nodeName: string | undefined;
  /** Names in hints.forNodes and hints.forZones. */
  readonly nodeHints: readonly string[];
  readonly zoneHints: readonly string[];
}
