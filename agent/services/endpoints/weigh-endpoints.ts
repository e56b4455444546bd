import type { SchedulingAlgorithm } from "../../../crds/api.ts";
import type { IpAddress } from "../../../platform/ip/address.ts";
import type { Protocol } from "../../../platform/ip/protocol.ts";
import { transportKey } from "../../../platform/ip/socket-address.ts";
import type { ConnectionCounts } from "./endpoint-connections.ts";
import type { KeptEndpointSlice } from "../catalog/kept-endpoint-slice.ts";
import type { EndpointCandidate } from "./merge-endpoint-slices.ts";
import type { SlowStart } from "../catalog/service-dynamics.ts";
import { fullShare, shareOf } from "../../scheduling/slow-start.ts";
import { weightsFromConnections } from "../../scheduling/weights-from-connections.ts";

/** What decides how the connections of one service port are divided, beside the weights of its endpoints. */
export interface Weighing {
  readonly protocol: Protocol;
  readonly algorithm: SchedulingAlgorithm;
  /** Undefined without slow start. */
  readonly slowStart: SlowStart | undefined;
  /** Undefined while they are not known, or when the mode itself prefers endpoints with few. */
  readonly connections: ConnectionCounts | undefined;
}

/** Shares of new connections, in no particular unit. */
export function weighEndpoints(
  candidates: readonly EndpointCandidate[],
  { protocol, algorithm, slowStart, connections }: Weighing,
): readonly number[] {
  const weights = candidates.map(({ endpoint }) => endpoint.weight * tenthsOf(endpoint.address, slowStart));
  if (algorithm !== "LeastConnection" || connections === undefined) return weights;
  const loads = candidates.map(({ endpoint, port }, index) => ({
    weight: weights[index] ?? 0,
    connections: connections.get(transportKey(protocol, { address: endpoint.address, port })) ?? 0,
  }));
  return weightsFromConnections(loads);
}

function tenthsOf(address: IpAddress, slowStart: Weighing["slowStart"]): number {
  const since = slowStart?.ages.newSinceMs.get(address);
  return slowStart === undefined || since === undefined ? fullShare : shareOf(since, slowStart.time);
}

/** Addresses of all endpoints that can be sent connections, whatever the policies. */
export function usableAddresses(slices: readonly KeptEndpointSlice[]): ReadonlySet<IpAddress> {
  const usable = slices.flatMap(({ endpoints }) =>
    endpoints.filter(({ ready, serving, terminating }) => ready || (serving && terminating)),
  );
  return new Set(usable.map(({ address }) => address));
}
