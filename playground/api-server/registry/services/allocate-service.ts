import { familyOf, parseIpAddress, type IpAddress, type IpFamily } from "../../../../platform/ip/address.ts";
import { invalid, type FieldError } from "../../../../crds/validation/field-error.ts";
import { objectAt, stringAt, stringsAt, type JsonObject } from "../../json-value.ts";
import { parseKubeObject, type KubeObject } from "../../kube-object.ts";
import { allocateNodePorts, nodePortErrors } from "./allocate-node-ports.ts";
import { isUsable, nameOf, type Allocations } from "./allocations.ts";
import { hasClusterIP, isHeadlessWithoutSelector } from "./service-defaults.ts";

/** Errors for requested addresses and ports that are not available. */
export function allocationErrors(service: KubeObject, allocations: Allocations): readonly FieldError[] {
  return [...addressErrors(service, allocations), ...nodePortErrors(service, allocations)];
}

/** Allocates the missing IP families, cluster IPs and node ports of the Service. Existing values are kept. */
export function allocateService(service: KubeObject, allocations: Allocations): KubeObject {
  const spec = objectAt(service, "spec");
  const withAddresses = { ...spec, ...familiesAndAddresses(spec, allocations) };
  return parseKubeObject({
    ...service,
    spec: { ...withAddresses, ...allocateNodePorts(withAddresses, allocations) },
  });
}

function familiesAndAddresses(spec: JsonObject, allocations: Allocations): JsonObject {
  if (stringAt(spec, "type") === "ExternalName") return {};
  const policy =
    stringAt(spec, "ipFamilyPolicy") ??
    (namedAddresses(spec).length > 1 || isHeadlessWithoutSelector(spec) ? "RequireDualStack" : "SingleStack");
  const families = chosenFamilies(spec, policy, allocations);
  if (!hasClusterIP(spec))
    return { clusterIP: "None", clusterIPs: ["None"], ipFamilies: families, ipFamilyPolicy: policy };
  const named = namedAddresses(spec);
  const clusterIPs = families.map((family, index) => named[index] ?? freeAddress(family, allocations));
  const present = clusterIPs.flatMap((address) => (address === undefined ? [] : [address]));
  return { clusterIP: present[0] ?? "", clusterIPs: present, ipFamilies: families, ipFamilyPolicy: policy };
}

function chosenFamilies(spec: JsonObject, policy: string, allocations: Allocations): readonly IpFamily[] {
  const available =
    allocations.serviceCIDRs.length > 0
      ? (["IPv4", "IPv6"] as const).filter((family) => allocations.rangeOf(family) !== undefined)
      : [];
  const first = allocations.serviceCIDRs[0];
  const named = namedAddresses(spec).map((address) => familyOf(parseIpAddress(address)));
  const asked = stringsAt(spec, "ipFamilies").filter((family) => family === "IPv4" || family === "IPv6");
  const preferred = [
    ...named,
    ...asked,
    ...(first === undefined ? [] : [familyOfRange(first)]),
    ...available,
    ...(isHeadlessWithoutSelector(spec) ? (["IPv4", "IPv6"] as const) : []),
  ];
  const distinct = [...new Set(preferred)];
  return distinct.slice(0, policy === "SingleStack" ? 1 : 2);
}

function familyOfRange(range: string): IpFamily {
  return range.includes(":") ? "IPv6" : "IPv4";
}

function freeAddress(family: IpFamily, allocations: Allocations): IpAddress | undefined {
  const range = allocations.rangeOf(family);
  return range === undefined ? undefined : allocations.freeAddress(range);
}

/** Cluster IPs in the object, from either field; invalid ones are left to validation. */
export function namedAddresses(spec: JsonObject): readonly string[] {
  const list = stringsAt(spec, "clusterIPs");
  const single = stringAt(spec, "clusterIP") ?? "";
  const named = single !== "" && list[0] !== single ? [single, ...list.slice(1)] : list;
  return named.filter(
    (address) => address !== "" && address !== "None" && parseAddress(address) !== undefined,
  );
}

/** The address, or `undefined` if the text is invalid. */
export function parseAddress(text: string): IpAddress | undefined {
  try {
    return parseIpAddress(text);
  } catch {
    return undefined;
  }
}

function addressErrors(service: KubeObject, allocations: Allocations): readonly FieldError[] {
  return namedAddresses(objectAt(service, "spec")).flatMap((text, index) => {
    const address = parseIpAddress(text);
    const field = "spec.clusterIPs";
    const shown = stringsAt(service, "spec", "clusterIPs");
    const holder = allocations.holderOf(address);
    if (holder !== undefined && holder !== nameOf(service)) {
      return [invalid(field, shown, `failed to allocate IP ${text}: provided IP is already allocated`)];
    }
    const range = allocations.rangeOf(familyOf(address));
    if (range === undefined)
      return [invalid(`spec.clusterIPs[${index}]`, text, "the IP family is not configured on this cluster")];
    if (isUsable(range, address)) return [];
    return [
      invalid(
        field,
        shown,
        `failed to allocate IP ${text}: the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range}`,
      ),
    ];
  });
}
