import type { JsonObject } from "../../crds/validation/json-object.ts";
import { familyOf, parseIpAddress, type Cidr, type IpAddress } from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";
import type { LenientReader } from "./lenient-reader.ts";
import { fieldsOf, itemsOf } from "./read-json.ts";

/** The first address of each family; `clusterIP` counts where `clusterIPs` is not set. */
export function readClusterIPs(spec: JsonObject, reader: LenientReader): readonly IpAddress[] {
  const list = itemsOf(spec["clusterIPs"]);
  const field = list.length > 0 ? "spec.clusterIPs" : "spec.clusterIP";
  const addresses = reader.readEach(field, list.length > 0 ? list : [spec["clusterIP"]], parseAddress);
  return addresses.filter(
    (address, index) => addresses.findIndex((other) => familyOf(other) === familyOf(address)) === index,
  );
}

/** Addresses of another family than the clusterIPs are left out: there the Service does not exist. */
export function readExternalIPs(
  spec: JsonObject,
  clusterIPs: readonly IpAddress[],
  reader: LenientReader,
): readonly IpAddress[] {
  return reader.readEach("spec.externalIPs", itemsOf(spec["externalIPs"]), addressOfFamily(clusterIPs));
}

/** Ingress entries with a host name only, or with ipMode Proxy, are not served: another load balancer does that. */
export function readLoadBalancerIPs(
  status: JsonObject,
  clusterIPs: readonly IpAddress[],
  reader: LenientReader,
): readonly IpAddress[] {
  const parse = addressOfFamily(clusterIPs);
  const ingress = itemsOf(fieldsOf(status["loadBalancer"])["ingress"]);
  return reader.readEach("status.loadBalancer.ingress", ingress, (entry) => {
    const { ip, ipMode } = fieldsOf(entry);
    return isUnset(ip) || (!isUnset(ipMode) && ipMode !== "VIP") ? undefined : parse(ip);
  });
}

/** An invalid range is left out; with none left no client is kept out, as in kube-proxy. */
export function readSourceRanges(spec: JsonObject, reader: LenientReader): readonly Cidr[] {
  const field = "spec.loadBalancerSourceRanges";
  const values = itemsOf(spec["loadBalancerSourceRanges"]);
  const ranges = reader.readEach(field, values, parseRange);
  if (values.length > 0 && ranges.length === 0) {
    reader.note(field, values, "holds no valid CIDR, so every source is let in");
  }
  return ranges;
}

/**
 * Leading zeros are read as decimal.
 * @throws RangeError
 */
export function parseAddress(value: unknown): IpAddress {
  if (typeof value !== "string") throw new RangeError("must be an IP address");
  return parseIpAddress(value, { lenient: true });
}

function parseRange(value: unknown): Cidr {
  if (typeof value !== "string") throw new RangeError("must be a CIDR");
  return parseCidr(value.trim(), { lenient: true });
}

function addressOfFamily(clusterIPs: readonly IpAddress[]): (value: unknown) => IpAddress {
  return (value) => {
    const address = parseAddress(value);
    if (clusterIPs.some((clusterIP) => familyOf(clusterIP) === familyOf(address))) return address;
    throw new RangeError(
      `the Service has no ${familyOf(address)} clusterIP, so it is not served in that family`,
    );
  };
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
