import * as fc from "fast-check";
import type { SchedulingAlgorithm } from "../../crds/api.ts";
import type { Protocol } from "../../platform/ip/protocol.ts";
import type { DesiredService, Endpoint, Frontend } from "../../agent/services/desired-state.ts";
import { relativeWeights } from "../../agent/scheduling/relative-weights.ts";
import { hostCidr, parseCidr } from "../../platform/ip/cidr.ts";
import type { IpFamily } from "../../platform/ip/address.ts";
import {
  makeDesiredService,
  makeEndpoint,
  makeFrontend,
  type ServicePortOverrides,
} from "./make-desired-state.ts";

const algorithms: readonly SchedulingAlgorithm[] = [
  "Random",
  "RoundRobin",
  "LeastConnection",
  "SourceHash",
  "Maglev",
];
const protocols: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

/** Services of any shape; those with different numbers have no frontend in common. */
export function arbitraryDesiredService(number: number): fc.Arbitrary<DesiredService> {
  const port = fc.record({
    family: fc.constantFrom<IpFamily>("IPv4", "IPv6"),
    algorithm: fc.constantFrom(...algorithms),
    affinityTimeoutSeconds: fc.constantFrom(undefined, 3, 10_800),
    endpoints: fc.subarray([1, 2, 3, 4, 5]),
    /** Of the endpoints, as far as they go. */
    weights: fc.array(fc.constantFrom(1, 1, 0, 2, 7), { minLength: 5, maxLength: 5 }),
    externalPolicyLocal: fc.boolean(),
    internalPolicyLocal: fc.boolean(),
    /** Policy Cluster leaves out the endpoints of this node, as when they terminate and others are ready. */
    avoidsLocal: fc.boolean(),
    hasSources: fc.boolean(),
    hasUsableEndpoints: fc.boolean(),
    extraFrontends: fc.boolean(),
  });
  return fc
    .uniqueArray(fc.constantFrom(...protocols), { minLength: 1, maxLength: 2 })
    .chain((chosen) =>
      fc
        .tuple(...chosen.map((protocol) => port.map((shape) => makePort(number, protocol, shape))))
        .map((ports) => makeDesiredService(`ns/s${number}`, ports)),
    );
}

interface PortShape {
  readonly family: IpFamily;
  readonly algorithm: SchedulingAlgorithm;
  readonly affinityTimeoutSeconds: number | undefined;
  readonly endpoints: readonly number[];
  readonly weights: readonly number[];
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  readonly avoidsLocal: boolean;
  readonly hasSources: boolean;
  readonly hasUsableEndpoints: boolean;
  readonly extraFrontends: boolean;
}

function makePort(number: number, protocol: Protocol, shape: PortShape): ServicePortOverrides {
  const { family, algorithm, affinityTimeoutSeconds } = shape;
  const weights = relativeWeights(shape.endpoints.map((_, index) => shape.weights[index] ?? 1));
  const endpoints = shape.endpoints.map((host, index) =>
    makeEndpoint(`${family === "IPv4" ? `10.244.1.${host}` : `[fd44:1::${host}]`}:${8080 + (host % 2)}`, {
      local: host % 2 === 0,
      weight: weights[index] ?? 1,
    }),
  );
  return {
    family,
    protocol,
    algorithm,
    affinityTimeoutSeconds,
    clusterEndpoints: shape.avoidsLocal ? weighAnew(endpoints.filter(({ local }) => !local)) : endpoints,
    localEndpoints: weighAnew(endpoints.filter(({ local }) => local)),
    hasUsableEndpoints: endpoints.length > 0 || shape.hasUsableEndpoints,
    frontends: makeFrontends(number, shape),
  };
}

function weighAnew(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const weights = relativeWeights(endpoints.map(({ weight }) => weight));
  return endpoints.map((endpoint, index) => ({ ...endpoint, weight: weights[index] ?? 1 }));
}

function makeFrontends(number: number, shape: PortShape): readonly Frontend[] {
  const { family, internalPolicyLocal, externalPolicyLocal, hasSources, extraFrontends } = shape;
  const text = (ipv4: string, ipv6: string, port: number): string =>
    family === "IPv4" ? `${ipv4}:${port}` : `[${ipv6}]:${port}`;
  const loadBalancer = makeFrontend(text(`203.0.113.${number}`, `fd97::${number}`, 80), {
    kind: "loadBalancerIP",
    policyLocal: externalPolicyLocal,
  });
  const sources = family === "IPv4" ? ["10.0.0.0/8", "10.1.0.0/16"] : ["fd00::/8", "fd50::/64"];
  const allowedSources = [...sources.map((cidr) => parseCidr(cidr)), hostCidr(loadBalancer.address)];
  return [
    makeFrontend(text(`10.96.0.${number}`, `fd96::${number}`, 80), { policyLocal: internalPolicyLocal }),
    hasSources ? { ...loadBalancer, allowedSources } : loadBalancer,
    ...(extraFrontends
      ? [
          makeFrontend(text("192.168.50.10", "fd50::10", 30_000 + number), {
            kind: "nodePort",
            policyLocal: externalPolicyLocal,
          }),
        ]
      : []),
  ];
}
