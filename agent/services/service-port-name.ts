import type { Protocol } from "../../platform/ip/protocol.ts";
import type { Port, ServiceName, ServicePortName } from "./desired-state.ts";

/** RFC 1123 label: what the API server allows for namespaces, Services and their ports. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const protocols: Readonly<Record<string, Protocol>> = { TCP: "TCP", UDP: "UDP", SCTP: "SCTP" };

/** @throws RangeError when namespace or name is not an RFC 1123 label. */
export function parseServiceName(namespace: unknown, name: unknown): ServiceName {
  if (!isLabel(namespace)) throw new RangeError("namespace must be an RFC 1123 label");
  if (!isLabel(name)) throw new RangeError("name must be an RFC 1123 label");
  return `${namespace}/${name}` as ServiceName;
}

/** Undefined when it cannot be the name of a Service. */
export function readServiceName(namespace: unknown, name: unknown): ServiceName | undefined {
  return isLabel(namespace) && isLabel(name) ? parseServiceName(namespace, name) : undefined;
}

/** The namespace in `namespace/name`. */
export function namespaceOf(service: ServiceName): string {
  return service.slice(0, service.indexOf("/"));
}

/**
 * Name of a port in a Service or EndpointSlice; "" is the only port of a Service with one port.
 * @throws RangeError when it is neither empty nor an RFC 1123 label.
 */
export function parsePortName(value: unknown): string {
  if (value === "" || isLabel(value)) return value;
  throw new RangeError("port name must be empty or an RFC 1123 label");
}

/** @throws RangeError when it is not an integer in 1–65535. */
export function parsePort(value: unknown): Port {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new RangeError("port must be an integer in 1–65535");
  }
  return value as Port;
}

/**
 * Undefined is TCP, the default of the API.
 * @throws RangeError when it is another protocol than TCP, UDP or SCTP.
 */
export function parseProtocol(value: unknown): Protocol {
  if (value === undefined || value === null) return "TCP";
  const protocol =
    typeof value === "string" && Object.hasOwn(protocols, value) ? protocols[value] : undefined;
  if (protocol === undefined) throw new RangeError("protocol must be TCP, UDP or SCTP");
  return protocol;
}

/** Joins names that are valid by themselves. */
export function servicePortName(service: ServiceName, portName: string, protocol: Protocol): ServicePortName {
  return parseServicePortName(`${service}:${portName}/${protocol}`);
}

/** The parts of a {@link ServicePortName}. `port` is "" for the only port of a Service that has no name. */
export function splitServicePortName(name: ServicePortName): {
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
  readonly protocol: string;
} {
  const [namespace = "", service = "", port = "", protocol = ""] = name.split(/[/:]/);
  return { namespace, service, port, protocol };
}

function parseServicePortName(text: string): ServicePortName {
  return text as ServicePortName;
}

function isLabel(value: unknown): value is string {
  return typeof value === "string" && label.test(value);
}
