import type { ProxyMode } from "../../crds/api.ts";
import { transportKey } from "../../platform/ip/socket-address.ts";
import type { ConnectionCounts } from "../services/endpoints/endpoint-connections.ts";
import type { DesiredService, DesiredServicePort, Endpoint } from "../services/desired-state.ts";
import type { CountReading } from "../metrics/frontend-counters.ts";

const longestList = 1_000;

/** A Service as this node serves it, with its traffic, for `/services/NAMESPACE/NAME`. */
export interface ServiceDescription {
  readonly service: string;
  /** The mode that serves it; null when none does. */
  readonly mode: ProxyMode | null;
  /** When the connections of frontends were counted, RFC 3339; null where they cannot be. */
  readonly countedAt: string | null;
  /** Why something is missing. */
  readonly problems: readonly string[];
  readonly ports: readonly ServicePortDescription[];
}

interface ServicePortDescription {
  readonly name: string;
  readonly family: string;
  readonly algorithm: string;
  readonly frontends: readonly {
    readonly kind: string;
    readonly address: string;
    readonly port: number;
    /** New connections since the frontend was last programmed; null when unknown. */
    readonly connections: number | null;
  }[];
  readonly endpoints: readonly {
    readonly address: string;
    readonly port: number;
    readonly local: boolean;
    readonly weight: number;
    /** Open connections from or through this node, whichever Service they came by; null when unknown. */
    readonly openConnections: number | null;
  }[];
}

/** Lists have at most 1000 items. */
export function describeService(
  service: DesiredService,
  traffic: {
    readonly mode: ProxyMode | undefined;
    readonly frontends: CountReading | undefined;
    readonly endpoints: ConnectionCounts | undefined;
    readonly problems: readonly string[];
  },
): ServiceDescription {
  const { mode, frontends, problems } = traffic;
  return {
    service: service.name,
    mode: mode ?? null,
    countedAt: frontends === undefined ? null : new Date(frontends.at).toISOString(),
    problems,
    ports: service.ports.slice(0, longestList).map((port) => describePort(port, traffic)),
  };
}

function describePort(
  port: DesiredServicePort,
  traffic: {
    readonly frontends: CountReading | undefined;
    readonly endpoints: ConnectionCounts | undefined;
  },
): ServicePortDescription {
  const { name, family, protocol, algorithm } = port;
  return {
    name,
    family,
    algorithm,
    frontends: port.frontends.slice(0, longestList).map((frontend) => ({
      kind: frontend.kind,
      address: frontend.address,
      port: frontend.port,
      connections: traffic.frontends?.counts.get(transportKey(protocol, frontend)) ?? null,
    })),
    endpoints: allEndpoints(port)
      .slice(0, longestList)
      .map((endpoint) => ({
        address: endpoint.address,
        port: endpoint.port,
        local: endpoint.local,
        weight: endpoint.weight,
        openConnections: openConnections(port, endpoint, traffic.endpoints),
      })),
  };
}

/** Those of policy Cluster first, then those that only policy Local uses. */
function allEndpoints({
  protocol,
  clusterEndpoints,
  localEndpoints,
}: DesiredServicePort): readonly Endpoint[] {
  const byKey = new Map<string, Endpoint>();
  for (const endpoint of [...clusterEndpoints, ...localEndpoints]) {
    const key = transportKey(protocol, endpoint);
    if (!byKey.has(key)) byKey.set(key, endpoint);
  }
  return [...byKey.values()];
}

function openConnections(
  { protocol }: DesiredServicePort,
  endpoint: Endpoint,
  counts: ConnectionCounts | undefined,
): number | null {
  return counts === undefined ? null : (counts.get(transportKey(protocol, endpoint)) ?? 0);
}
