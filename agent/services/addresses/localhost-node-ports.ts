import { type IpAddress, type IpFamily, parseIpAddress } from "../../../platform/ip/address.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import type { SocketAddress } from "../../../platform/ip/socket-address.ts";
import type { DesiredService, Frontend, Port, ServicePortName } from "../desired-state.ts";
import type { KeptService } from "../catalog/kept-service.ts";
import { servicePortName } from "../service-port-name.ts";

/** A NodePort on the loopback address of one IP family. No mode serves it: `agent/node-services/loopback/` carries it to `target`. */
export interface LocalhostNodePort {
  readonly protocol: Protocol;
  readonly listen: SocketAddress;
  /** A frontend of the same service port and family that the dataplane serves. */
  readonly target: SocketAddress;
}

const loopback: Readonly<Record<IpFamily, IpAddress>> = {
  IPv4: parseIpAddress("127.0.0.1"),
  IPv6: parseIpAddress("::1"),
};

/** @param desired The desired state of the Service. */
export function buildLocalhostNodePorts(
  service: KeptService,
  desired: DesiredService,
): readonly LocalhostNodePort[] {
  const nodePorts = new Map<ServicePortName, Port>();
  for (const { name, protocol, nodePort } of service.ports) {
    if (nodePort !== undefined) nodePorts.set(servicePortName(service.name, name, protocol), nodePort);
  }
  return desired.ports.flatMap(({ name, family, protocol, frontends }) => {
    const port = nodePorts.get(name);
    const [target] = frontends.toSorted(byLikeness);
    if (port === undefined || target === undefined) return [];
    const listen = { address: loopback[family], port };
    return [{ protocol, listen, target: { address: target.address, port: target.port } }];
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
