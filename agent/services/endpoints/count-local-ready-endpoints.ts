import type { IpFamily } from "../../../platform/ip/address.ts";
import type { KeptEndpointSlice } from "../catalog/kept-endpoint-slice.ts";

/**
 * Distinct addresses of ready endpoints on the node, by family: what a health check node port answers with. As in kube-proxy,
 * endpoints of slices without a port that can be used do not count, and neither do terminating ones that still serve.
 */
export function countLocalReadyEndpoints(
  slices: readonly KeptEndpointSlice[],
  nodeName: string,
): Readonly<Record<IpFamily, number>> {
  const count = (family: IpFamily): number => {
    const usable = slices.filter((slice) => slice.family === family && slice.ports.length > 0);
    const endpoints = usable.flatMap((slice) => slice.endpoints);
    const here = endpoints.filter((endpoint) => endpoint.ready && endpoint.nodeName === nodeName);
    return new Set(here.map(({ address }) => address)).size;
  };
  return { IPv4: count("IPv4"), IPv6: count("IPv6") };
}
