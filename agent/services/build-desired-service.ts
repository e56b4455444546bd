import type { NodeProxyConfig } from "../../crds/api.ts";
import { familyOf, type IpAddress } from "../../platform/ip/address.ts";
import { ageEndpoints } from "../scheduling/slow-start.ts";
import type { AddressClaim } from "./addresses/address-claims.ts";
import { claimAddresses } from "./addresses/claim-addresses.ts";
import { buildServicePort } from "./build-service-port.ts";
import type { KeptEndpointSlice } from "./catalog/kept-endpoint-slice.ts";
import type { KeptService } from "./catalog/kept-service.ts";
import type { Dynamics, SlowStart } from "./catalog/service-dynamics.ts";
import type { DesiredNode, DesiredService, Frontend } from "./desired-state.ts";
import { usableAddresses } from "./endpoints/weigh-endpoints.ts";
import type { NodeFacts } from "./node-facts.ts";
import { resolveServicePolicy, type ServicePolicy } from "./policy/resolve-service-policy.ts";
import { splitServicePortName } from "./service-port-name.ts";
import { plainServiceProblem, serviceProblem, type ServiceProblem } from "./service-problem.ts";

export interface DesiredServiceInputs {
  readonly service: KeptService;
  /** All slices of the Service, in order of their names. */
  readonly endpointSlices: readonly KeptEndpointSlice[];
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly node: NodeFacts;
  readonly desiredNode: DesiredNode;
  /** Addresses of the node that accept NodePorts. */
  readonly nodePortAddresses: readonly IpAddress[];
  readonly config: NodeProxyConfig;
  readonly dynamics: Dynamics;
  /** The best claim of all Services to the same address, protocol and port. */
  readonly winnerOf: (claim: AddressClaim) => AddressClaim | undefined;
}

export interface CompiledService {
  readonly service: DesiredService;
  /** What of the Service is left out, and why. */
  readonly problems: readonly ServiceProblem[];
  /** Undefined when the settings ask for none. */
  readonly slowStart: SlowStart | undefined;
}

/** Compiles one Service for one node. */
export function buildDesiredService(inputs: DesiredServiceInputs): CompiledService {
  const { service, endpointSlices, config } = inputs;
  const policy = resolveServicePolicy(service, inputs.namespaceLabels, config);
  const slowStart = slowStartOf(policy, inputs);
  const claims = claimAddresses(service, inputs.nodePortAddresses).map((claim) => ({
    claim,
    winner: inputs.winnerOf(claim) ?? claim,
  }));
  const won = claims.flatMap(({ claim, winner }) => (isSameClaim(claim, winner) ? [claim] : []));
  const families = service.clusterIPs.map(familyOf).toSorted();
  const context = { ...inputs, claims: won, policy, slowStart };
  const ports = service.ports.flatMap((port) =>
    families.flatMap((family) => buildServicePort(port, family, context)),
  );
  return {
    service: { name: service.name, mode: policy.mode, ports },
    slowStart,
    problems: [
      ...service.problems,
      ...endpointSlices.flatMap((slice) => slice.problems),
      ...connectionProblems(policy, inputs),
      ...claims.flatMap(({ claim, winner }) => lostClaimProblems(claim, winner)),
    ],
  };
}

function slowStartOf(
  { slowStartSeconds }: ServicePolicy,
  { endpointSlices, dynamics: { ages, nowMs } }: DesiredServiceInputs,
): SlowStart | undefined {
  if (slowStartSeconds === 0) return undefined;
  const time = { slowStartMs: slowStartSeconds * 1_000, nowMs };
  return { ages: ageEndpoints(ages, usableAddresses(endpointSlices), time), time };
}

function connectionProblems(
  { algorithm }: ServicePolicy,
  { service, dynamics }: DesiredServiceInputs,
): readonly ServiceProblem[] {
  const problem = dynamics.connectionsProblem;
  if (problem === undefined || algorithm !== "LeastConnection") return [];
  const reason = `connections cannot be counted, served as Random: ${problem}`;
  return [serviceProblem(service.name, "scheduling.algorithm", algorithm, reason)];
}

function isSameClaim(claim: AddressClaim, winner: AddressClaim): boolean {
  return claim.servicePort === winner.servicePort && claim.kind === winner.kind;
}

const fields: Readonly<Record<Frontend["kind"], string>> = {
  clusterIP: "spec.clusterIPs",
  externalIP: "spec.externalIPs",
  loadBalancerIP: "status.loadBalancer.ingress",
  nodePort: "spec.ports.nodePort",
};

/** One service port may name an address twice, say as externalIP and by its load balancer: that is no problem. */
function lostClaimProblems(claim: AddressClaim, winner: AddressClaim): readonly ServiceProblem[] {
  if (claim.servicePort === winner.servicePort) return [];
  const { port } = splitServicePortName(winner.servicePort);
  const owner = `Service ${winner.service}${port === "" ? "" : ` (port ${port})`}`;
  const reason = `${claim.protocol} ${claim.address} port ${claim.port} belongs to ${owner} until that Service gives it up`;
  return [plainServiceProblem(claim.service, fields[claim.kind], reason)];
}
