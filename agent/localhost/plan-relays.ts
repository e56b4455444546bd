import type { DesiredService, Frontend, Protocol, ServiceName } from "../services/desired-state.ts";
import { isOnIpv6Loopback } from "../services/ipv6-loopback.ts";
import type { SocketAddress } from "../services/udp-service-ports.ts";

/** A NodePort on [::1], and where its traffic is carried to. */
export interface RelayPlan {
  readonly service: ServiceName;
  readonly protocol: Protocol;
  readonly listen: SocketAddress;
  /** A frontend of the same service port that the kernel serves. */
  readonly target: SocketAddress;
}

/** The relays that the Service needs. */
export function planRelays({ name, ports }: DesiredService): readonly RelayPlan[] {
  return ports.flatMap(({ protocol, frontends }) => {
    const listen = frontends.find(isOnIpv6Loopback);
    const target = frontends.filter((frontend) => !isOnIpv6Loopback(frontend)).toSorted(byLikeness)[0];
    if (listen === undefined || target === undefined) return [];
    return [{ service: name, protocol, listen: toSocket(listen), target: toSocket(target) }];
  });
}

/** The same NodePort elsewhere has the same policies; where the node accepts none in this family, the ClusterIP is next. */
const kindsByLikeness: readonly Frontend["kind"][] = [
  "nodePort",
  "clusterIP",
  "externalIP",
  "loadBalancerIP",
];

function byLikeness(left: Frontend, right: Frontend): number {
  return kindsByLikeness.indexOf(left.kind) - kindsByLikeness.indexOf(right.kind);
}

function toSocket({ address, port }: Frontend): SocketAddress {
  return { address, port };
}
