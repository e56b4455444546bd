import type { IpFamily } from "../../../platform/ip/address.ts";
import { socketKey } from "../../../platform/ip/socket-address.ts";
import type { Port } from "../desired-state.ts";
import type { KeptEndpoint, KeptEndpointSlice } from "../catalog/kept-endpoint-slice.ts";
import type { KeptServicePort } from "../catalog/kept-service.ts";

/** An endpoint of one service port, before it is known whether its condition and the policies let it be used. */
export interface EndpointCandidate {
  readonly endpoint: KeptEndpoint;
  /** The slice's number for the service port's name: pods may differ. */
  readonly port: Port;
}

/**
 * The endpoints of one service port in one family, from all slices of its Service. The same address and port twice is one
 * endpoint: a copy that is not terminating wins, then a ready one, then a serving one, then the first.
 *
 * @param slices In a fixed order, so that "first" does not depend on the order of events.
 */
export function mergeEndpointSlices(
  slices: readonly KeptEndpointSlice[],
  { name, protocol }: Pick<KeptServicePort, "name" | "protocol">,
  family: IpFamily,
): readonly EndpointCandidate[] {
  const candidates = new Map<string, EndpointCandidate>();
  for (const slice of slices) {
    if (slice.family !== family) continue;
    for (const slicePort of slice.ports) {
      if (slicePort.name !== name || slicePort.protocol !== protocol) continue;
      for (const endpoint of slice.endpoints) {
        const key = socketKey({ address: endpoint.address, port: slicePort.port });
        const known = candidates.get(key);
        if (known === undefined || isBetterCopy(endpoint, known.endpoint)) {
          candidates.set(key, { endpoint, port: slicePort.port });
        }
      }
    }
  }
  return [...candidates.values()];
}

function isBetterCopy(copy: KeptEndpoint, known: KeptEndpoint): boolean {
  if (copy.terminating !== known.terminating) return !copy.terminating;
  if (copy.ready !== known.ready) return copy.ready;
  return copy.serving && !known.serving;
}
