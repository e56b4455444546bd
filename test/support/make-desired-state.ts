import type { ModeShare } from "../../agent/dataplane/dataplane.ts";
import type {
  DesiredNode,
  DesiredNodeFamily,
  DesiredService,
  DesiredServicePort,
  Endpoint,
  Frontend,
  Port,
  ServiceName,
  ServicePortName,
} from "../../agent/services/desired-state.ts";
import {
  type ClientPolicy,
  clusterIPMasquerade,
  decideVerdicts,
  unmatchedPolicy,
  wantedVerdicts,
} from "../../agent/services/policy/decide-verdicts.ts";
import type { ProxyMode } from "../../crds/api.ts";
import { parseIpAddress, familyOf } from "../../platform/ip/address.ts";
import { parseCidr } from "../../platform/ip/cidr.ts";

export function parsePort(value: number): Port {
  return value as Port;
}

/** `10.0.0.1:80`, `[fd00::1]:80`; `local` makes it one of this node. */
export function makeEndpoint(text: string, { local = false, weight = 1 } = {}): Endpoint {
  return { ...splitAddress(text), local, weight };
}

export interface FrontendOverrides extends Partial<Pick<Frontend, "kind" | "allowedSources">> {
  /** Whether the traffic policy for this kind of address is Local. */
  readonly policyLocal?: boolean;
  /** What the node knows about clients. */
  readonly clients?: ClientPolicy;
}

/** A ClusterIP with policy Cluster by default, with the verdicts while every set has endpoints. */
export function makeFrontend(text: string, overrides: FrontendOverrides = {}): Frontend {
  const { kind = "clusterIP", policyLocal = false, clients = makeNodeFamily(), allowedSources } = overrides;
  const policies = { internalPolicyLocal: policyLocal, externalPolicyLocal: policyLocal };
  return {
    ...splitAddress(text),
    kind,
    verdicts: wantedVerdicts(kind, policies, clients),
    allowedSources,
  };
}

export interface ServicePortOverrides extends Partial<DesiredServicePort> {
  /** By default those that there are. */
  readonly hasUsableEndpoints?: boolean;
}

/** A TCP port with round numbers; the family is that of its first frontend, and its verdicts are those for its endpoints. */
export function makeServicePort(overrides: ServicePortOverrides = {}): DesiredServicePort {
  const wanted = overrides.frontends ?? [makeFrontend("10.96.0.1:80")];
  const clusterEndpoints = overrides.clusterEndpoints ?? [makeEndpoint("10.244.1.2:8080", { local: true })];
  const localEndpoints = overrides.localEndpoints ?? clusterEndpoints.filter(({ local }) => local);
  const { hasUsableEndpoints = clusterEndpoints.length + localEndpoints.length > 0, ...rest } = overrides;
  const availability = { clusterEndpoints, localEndpoints, hasUsableEndpoints };
  const [first] = wanted;
  return {
    name: parseServicePortName("default/web:http/TCP"),
    family: first === undefined ? "IPv4" : familyOf(first.address),
    protocol: "TCP",
    algorithm: "Random",
    affinityTimeoutSeconds: undefined,
    clusterEndpoints,
    localEndpoints,
    ...rest,
    frontends: wanted.map((frontend) => ({
      ...frontend,
      verdicts: decideVerdicts(frontend.verdicts, availability),
    })),
  };
}

export function makeDesiredService(
  name: string,
  ports: readonly ServicePortOverrides[] = [{}],
  { mode }: { readonly mode?: ProxyMode } = {},
): DesiredService {
  return {
    name: parseServiceName(name),
    mode,
    ports: ports.map((port, index) =>
      makeServicePort({ name: parseServicePortName(`${name}:p${index}/${port.protocol ?? "TCP"}`), ...port }),
    ),
  };
}

export interface NodeFamilyOverrides extends Partial<DesiredNodeFamily> {
  readonly masqueradeAll?: boolean;
}

/** A node that recognises its pods by default, and whose policies are those for its other facts. */
export function makeNodeFamily(overrides: NodeFamilyOverrides = {}): DesiredNodeFamily {
  const { masqueradeAll = false, ...rest } = overrides;
  const localDetector = rest.localDetector ?? { kind: "interfacePrefix", prefix: "veth" };
  return {
    localDetector,
    serviceCIDRs: [],
    unmatched: unmatchedPolicy,
    clusterIPMasquerade: clusterIPMasquerade({ masqueradeAll }, localDetector),
    ...rest,
  };
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

/** All of it for one mode, unless other modes serve some Services. */
export function makeDesiredState(
  services: readonly DesiredService[],
  node = makeDesiredNode(),
  elsewhere: readonly DesiredService[] = [],
): ModeShare {
  return { node, services: byName(services), elsewhere: byName(elsewhere) };
}

function byName(services: readonly DesiredService[]): ReadonlyMap<ServiceName, DesiredService> {
  return new Map(services.map((service) => [service.name, service]));
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
