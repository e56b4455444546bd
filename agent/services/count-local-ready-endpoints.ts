import type { IpFamily } from "../../platform/ip/address.ts";
import type { KeptEndpointSlice } from "./kept-endpoint-slice.ts";

/**
 * Distinct addresses of ready endpoints on the node, by family: what a health check node port answers with.
 * Terminating endpoints that still serve do not count, as in kube-proxy.
 */
export function countLocalReadyEndpoints(
  slices: readonly KeptEndpointSlice[],
  nodeName: string,
): Readonly<Record<IpFamily, number>> {
  const count = (family: IpFamily): number => {
    const endpoints = slices.flatMap((slice) => (slice.family === family ? slice.endpoints : []));
    const here = endpoints.filter((endpoint) => endpoint.ready && endpoint.nodeName === nodeName);
    return new Set(here.map(({ address }) => address)).size;
  };
  return { IPv4: count("IPv4"), IPv6: count("IPv6") };
}
