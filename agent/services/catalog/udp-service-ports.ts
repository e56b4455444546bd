import type { SocketAddress } from "../../../platform/ip/socket-address.ts";
import type { DesiredService } from "../desired-state.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";
import type { KeptService } from "./kept-service.ts";
import { mergeEndpointSlices } from "../endpoints/merge-endpoint-slices.ts";
import { servicePortName } from "../service-port-name.ts";

/** A UDP port of a Service in one IP family: what determines which of its flows may stay. */
export interface UdpServicePort {
  readonly frontends: readonly SocketAddress[];
  /**
   * Endpoints that answer, whether or not they get new flows: policies, hints and termination do not end a flow. Those that
   * are ready without serving (publishNotReadyAddresses) count too, since they get flows.
   */
  readonly endpoints: readonly SocketAddress[];
}

/**
 * @param desired The desired state of the Service; undefined when it has none.
 * @param slices All slices of the Service, in order of their names.
 */
export function buildUdpServicePorts(
  desired: DesiredService | undefined,
  service: KeptService,
  slices: readonly KeptEndpointSlice[],
): readonly UdpServicePort[] {
  const udpPorts = service.ports.filter(({ protocol }) => protocol === "UDP");
  return udpPorts.flatMap((port) => {
    const name = servicePortName(service.name, port.name, port.protocol);
    const programmed = desired?.ports.filter((candidate) => candidate.name === name) ?? [];
    return programmed.map(({ family, frontends }) => ({
      frontends: frontends.map(({ address, port }) => ({ address, port })),
      endpoints: mergeEndpointSlices(slices, port, family)
        .filter(({ endpoint }) => endpoint.serving || endpoint.ready)
        .map(({ endpoint, port }) => ({ address: endpoint.address, port })),
    }));
  });
}
