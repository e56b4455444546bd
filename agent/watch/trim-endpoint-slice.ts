import { familyOf, type IpAddress, type IpFamily } from "../../platform/ip/address.ts";
import type {
  KeptEndpoint,
  KeptEndpointPort,
  KeptEndpointSlice,
} from "../services/catalog/kept-endpoint-slice.ts";
import { parsePort, parsePortName, parseProtocol, readServiceName } from "../services/service-port-name.ts";
import { defaultWeight } from "../scheduling/relative-weights.ts";
import { LenientReader } from "./lenient-reader.ts";
import { readEndpointWeights } from "./read-endpoint-weights.ts";
import { fieldsOf, itemsOf, labelsOf, textOf } from "./read-json.ts";
import { parseAddress } from "./read-service-addresses.ts";
import { sharedName, sharedNames } from "./shared-names.ts";

const serviceNameLabel = "kubernetes.io/service-name";
const triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

const headlessLabel = "service.kubernetes.io/headless";

/**
 * The fields of an EndpointSlice that decide about traffic. Undefined for a slice without a Service, of a headless Service, or of
 * addressType FQDN. Never throws; unusable fields are left out and listed in `problems`.
 */
export function trimEndpointSlice(object: unknown): KeptEndpointSlice | undefined {
  const slice = fieldsOf(object);
  const metadata = fieldsOf(slice["metadata"]);
  const labels = labelsOf(metadata["labels"]);
  const service = readServiceName(metadata["namespace"], labels[serviceNameLabel]);
  const family = readFamily(slice["addressType"]);
  if (service === undefined || family === undefined) return undefined;
  if (Object.hasOwn(labels, headlessLabel)) return undefined;

  const reader = new LenientReader(service, `endpointSlice ${sliceName(metadata["name"])} `);
  const annotations = fieldsOf(metadata["annotations"]);
  const weights = readEndpointWeights(annotations, reader);
  return {
    service,
    family,
    ports: reader.readEach("ports", itemsOf(slice["ports"]), parseEndpointPort),
    endpoints: reader.readEach("endpoints", itemsOf(slice["endpoints"]), (value) =>
      parseEndpoint(value, family, weights),
    ),
    triggerTimeMs: parseTime(annotations[triggerTimeAnnotation]),
    problems: reader.problems,
  };
}

/** Unlike in a Service, a port must have a name here, even if it is "". */
function parseEndpointPort(value: unknown): KeptEndpointPort {
  const { name, protocol, port } = fieldsOf(value);
  return { name: parsePortName(name), protocol: parseProtocol(protocol), port: parsePort(port) };
}

/** Only the first address counts: the API says that all addresses of an endpoint are interchangeable. */
function parseEndpoint(
  value: unknown,
  family: IpFamily,
  weights: ReadonlyMap<IpAddress, number>,
): KeptEndpoint {
  const { addresses, conditions, hints, nodeName } = fieldsOf(value);
  const { ready, serving, terminating } = fieldsOf(conditions);
  const { forNodes, forZones } = fieldsOf(hints);
  const address = parseAddressOf(itemsOf(addresses)[0], family);
  return {
    address,
    ready: ready !== false,
    serving: serving !== false,
    terminating: terminating === true,
    weight: weights.get(address) ?? defaultWeight,
    nodeName: typeof nodeName === "string" ? sharedName(nodeName) : undefined,
    nodeHints: hintedNames(forNodes),
    zoneHints: hintedNames(forZones),
  };
}

function parseAddressOf(value: unknown, family: IpFamily): IpAddress {
  const address = parseAddress(value);
  if (familyOf(address) !== family) throw new RangeError(`${address} is not of addressType ${family}`);
  return address;
}

function hintedNames(hints: unknown): readonly string[] {
  return sharedNames(itemsOf(hints).flatMap((hint) => textOf(fieldsOf(hint)["name"]) ?? []));
}

function readFamily(addressType: unknown): IpFamily | undefined {
  return addressType === "IPv4" || addressType === "IPv6" ? addressType : undefined;
}

function sliceName(value: unknown): string {
  const name = textOf(value) ?? "";
  return /^[a-z0-9.-]{1,253}$/.test(name) ? name : "without a valid name";
}

function parseTime(value: unknown): number | undefined {
  const time = Date.parse(textOf(value) ?? "");
  return Number.isNaN(time) ? undefined : time;
}
