import type {
  DesiredNode,
  DesiredNodeFamily,
  DesiredService,
  DesiredServicePort,
  DesiredState,
  Endpoint,
  Frontend,
  Port,
  ServiceName,
  ServicePortName,
} from "../../agent/services/desired-state.ts";
import { parseIpAddress, familyOf } from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";

export function parsePort(value: number): Port {
  return value as Port;
}

/** `10.0.0.1:80`, `[fd00::1]:80`; `local` makes it one of this node. */
export function makeEndpoint(text: string, { local = false, weight = 1 } = {}): Endpoint {
  return { ...splitAddress(text), local, weight };
}

export type FrontendOverrides = Partial<Pick<Frontend, "kind" | "route" | "allowedSources">>;

/** A ClusterIP with policy Cluster unless told otherwise. */
export function makeFrontend(text: string, overrides: FrontendOverrides = {}): Frontend {
  return {
    ...splitAddress(text),
    kind: "clusterIP",
    route: { kind: "cluster" },
    allowedSources: undefined,
    ...overrides,
  };
}

/** A TCP port with round numbers; the family is that of its first frontend. */
export function makeServicePort(overrides: Partial<DesiredServicePort> = {}): DesiredServicePort {
  const frontends = overrides.frontends ?? [makeFrontend("10.96.0.1:80")];
  const clusterEndpoints = overrides.clusterEndpoints ?? [makeEndpoint("10.244.1.2:8080", { local: true })];
  const localEndpoints = overrides.localEndpoints ?? clusterEndpoints.filter(({ local }) => local);
  const [first] = frontends;
  return {
    name: parseServicePortName("default/web:http/TCP"),
    family: first === undefined ? "IPv4" : familyOf(first.address),
    protocol: "TCP",
    frontends,
    algorithm: "Random",
    affinityTimeoutSeconds: undefined,
    clusterEndpoints,
    localEndpoints,
    hasUsableEndpoints: clusterEndpoints.length + localEndpoints.length > 0,
    ...overrides,
  };
}

export function makeDesiredService(
  name: string,
  ports: readonly Partial<DesiredServicePort>[] = [{}],
): DesiredService {
  return {
    name: parseServiceName(name),
    ports: ports.map((port, index) =>
      makeServicePort({ name: parseServicePortName(`${name}:p${index}/${port.protocol ?? "TCP"}`), ...port }),
    ),
  };
}

export function makeNodeFamily(overrides: Partial<DesiredNodeFamily> = {}): DesiredNodeFamily {
  return { localDetector: { kind: "none" }, serviceCIDRs: [], masqueradeAll: false, ...overrides };
}

/** A node with a pod network and service ranges in both families. */
export function makeDesiredNode(): DesiredNode {
  return {
    ipv4: makeNodeFamily({
      localDetector: { kind: "sourceCIDR", cidrs: [parseCidr("10.244.1.0/24")] },
      serviceCIDRs: [parseCidr("10.96.0.0/16")],
    }),
    ipv6: makeNodeFamily({
      localDetector: { kind: "sourceCIDR", cidrs: [parseCidr("fd44:1::/64")] },
      serviceCIDRs: [parseCidr("fd96::/108")],
    }),
  };
}

export function makeDesiredState(
  services: readonly DesiredService[],
  node = makeDesiredNode(),
): DesiredState {
  return { node, services: new Map(services.map((service) => [service.name, service])) };
}

export function parseServiceName(text: string): ServiceName {
  return text as ServiceName;
}

function parseServicePortName(text: string): ServicePortName {
  return text as ServicePortName;
}

function splitAddress(text: string) {
  const colon = text.lastIndexOf(":");
  const address = parseIpAddress(text.slice(0, colon).replace(/^\[|\]$/g, ""));
  return { address, port: parsePort(Number(text.slice(colon + 1))) };
}
