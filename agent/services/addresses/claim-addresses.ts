import { familyOf, type IpAddress } from "../../../platform/ip/address.ts";
import { compareAddresses } from "../../../platform/ip/cidr.ts";
import type { AddressClaim } from "./address-claims.ts";
import type { Frontend } from "../desired-state.ts";
import type { KeptService } from "../catalog/kept-service.ts";
import { servicePortName } from "../service-port-name.ts";

const kinds: readonly Frontend["kind"][] = ["clusterIP", "externalIP", "loadBalancerIP", "nodePort"];

/**
 * Every address, protocol and port that a Service asks for, by service port, then kind, then address. Families in which it has
 * no clusterIP are left out: the Service does not exist there.
 *
 * @param nodePortAddresses Addresses of the node that accept NodePorts.
 */
export function claimAddresses(
  service: KeptService,
  nodePortAddresses: readonly IpAddress[],
): readonly AddressClaim[] {
  const families = new Set(service.clusterIPs.map(familyOf));
  const addresses: Readonly<Record<Frontend["kind"], readonly IpAddress[]>> = {
    clusterIP: service.clusterIPs,
    externalIP: service.externalIPs,
    loadBalancerIP: service.loadBalancerIPs,
    nodePort: nodePortAddresses,
  };
  return service.ports.flatMap((servicePort) =>
    kinds.flatMap((kind) => {
      const port = kind === "nodePort" ? servicePort.nodePort : servicePort.port;
      if (port === undefined) return [];
      const { protocol } = servicePort;
      return addresses[kind]
        .filter((address) => families.has(familyOf(address)))
        .toSorted(compareAddresses)
        .map((address) => ({
          service: service.name,
          servicePort: servicePortName(service.name, servicePort.name, protocol),
          kind,
          protocol,
          address,
          port,
          createdAtMs: service.createdAtMs,
        }));
    }),
  );
}
