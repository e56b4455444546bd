import type { IpFamily } from "../../platform/ip/address.ts";
import { familyOf } from "../../platform/ip/address.ts";
import type { AddressClaim } from "./addresses/address-claims.ts";
import type { KeptEndpointSlice } from "./catalog/kept-endpoint-slice.ts";
import type { KeptService, KeptServicePort } from "./catalog/kept-service.ts";
import type { Dynamics, SlowStart } from "./catalog/service-dynamics.ts";
import type { DesiredNode, DesiredServicePort, Frontend, Verdicts } from "./desired-state.ts";
import { categorizeEndpoints, type EndpointSets } from "./endpoints/categorize-endpoints.ts";
import { mergeEndpointSlices } from "./endpoints/merge-endpoint-slices.ts";
import { weighEndpoints } from "./endpoints/weigh-endpoints.ts";
import type { NodeFacts } from "./node-facts.ts";
import { buildFrontends } from "./policy/build-frontends.ts";
import { decideVerdicts, namedSets, wantedVerdicts } from "./policy/decide-verdicts.ts";
import type { ServicePolicy } from "./policy/resolve-service-policy.ts";
import { servicePortName } from "./service-port-name.ts";

/** What all ports of a Service have in common. */
export interface ServicePortContext {
  readonly service: KeptService;
  readonly endpointSlices: readonly KeptEndpointSlice[];
  /** Those that the Service has won. */
  readonly claims: readonly AddressClaim[];
  readonly policy: ServicePolicy;
  readonly slowStart: SlowStart | undefined;
  readonly dynamics: Dynamics;
  readonly node: NodeFacts;
  readonly desiredNode: DesiredNode;
}

/** One port of a Service in one family; none when other Services have all of its addresses. */
export function buildServicePort(
  port: KeptServicePort,
  family: IpFamily,
  context: ServicePortContext,
): readonly DesiredServicePort[] {
  const { service, claims, policy, node, desiredNode } = context;
  const { protocol } = port;
  const name = servicePortName(service.name, port.name, protocol);
  const own = claims.filter(
    ({ servicePort, address }) => servicePort === name && familyOf(address) === family,
  );
  if (own.length === 0) return [];
  const clients = family === "IPv4" ? desiredNode.ipv4 : desiredNode.ipv6;
  const wanted = (kind: Frontend["kind"]) => wantedVerdicts(kind, service, clients);
  const sets = endpointSetsOf(
    port,
    family,
    own.map(({ kind }) => wanted(kind)),
    context,
  );
  const frontends = buildFrontends(own, service, {
    family,
    primary: node.addresses.primary,
    verdictsOf: (kind) => decideVerdicts(wanted(kind), sets),
  });
  const { algorithm, affinityTimeoutSeconds } = policy;
  const { clusterEndpoints, localEndpoints } = sets;
  return [
    {
      name,
      family,
      protocol,
      frontends,
      algorithm,
      affinityTimeoutSeconds,
      clusterEndpoints,
      localEndpoints,
    },
  ];
}

/** The sets that the verdicts name. */
function endpointSetsOf(
  { name, protocol }: KeptServicePort,
  family: IpFamily,
  wanted: readonly Verdicts[],
  { endpointSlices, policy: { algorithm }, slowStart, dynamics: { connections }, node }: ServicePortContext,
): EndpointSets {
  const candidates = mergeEndpointSlices(endpointSlices, { name, protocol }, family);
  return categorizeEndpoints(candidates, {
    nodeName: node.name,
    zone: node.zone,
    uses: namedSets(wanted),
    weigh: (endpoints) => weighEndpoints(endpoints, { protocol, algorithm, slowStart, connections }),
  });
}
