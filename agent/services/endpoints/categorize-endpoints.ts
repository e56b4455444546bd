import { addressBytes } from "../../../platform/ip/address.ts";
import type { Endpoint, EndpointSet } from "../desired-state.ts";
import type { EndpointCandidate } from "./merge-endpoint-slices.ts";
import { defaultWeight, relativeWeights } from "../../scheduling/relative-weights.ts";

/** Where the traffic is decided, and which sets the verdicts of the service port name. */
export interface EndpointView {
  readonly nodeName: string;
  /** Undefined: zone hints cannot apply. */
  readonly zone: string | undefined;
  readonly uses: ReadonlySet<EndpointSet>;
  /** How new connections are to be divided among these endpoints. */
  readonly weigh: (candidates: readonly EndpointCandidate[]) => readonly number[];
}

export interface EndpointSets {
  readonly clusterEndpoints: readonly Endpoint[];
  readonly localEndpoints: readonly Endpoint[];
  /** Whether any endpoint on any node could serve. */
  readonly hasUsableEndpoints: boolean;
}

/**
 * Which endpoints traffic may go to, as kube-proxy's CategorizeEndpoints. Policy Cluster: ready endpoints that topology
 * hints allow; with no ready one anywhere, those that serve while they terminate, hints ignored (KEP-1669). Policy Local:
 * the same among the endpoints of this node, without hints. A set that is not used is empty.
 */
export function categorizeEndpoints(
  candidates: readonly EndpointCandidate[],
  view: EndpointView,
): EndpointSets {
  const ready = candidates.filter(({ endpoint }) => endpoint.ready);
  const draining = candidates.filter(({ endpoint }) => endpoint.serving && endpoint.terminating);
  const localReady = ready.filter(isLocalTo(view));
  const local = localReady.length > 0 ? localReady : draining.filter(isLocalTo(view));
  const cluster = ready.length > 0 ? nearest(ready, view) : draining;
  return {
    clusterEndpoints: view.uses.has("cluster") ? toEndpoints(cluster, view) : [],
    localEndpoints: view.uses.has("local") ? toEndpoints(local, view) : [],
    hasUsableEndpoints: ready.length > 0 || draining.length > 0,
  };
}

/**
 * Topology hints count only when every ready endpoint has one and at least one names this place: first node hints
 * (PreferSameNode), then zone hints (KEP-2433, KEP-3015). Otherwise all are allowed.
 */
function nearest(ready: readonly EndpointCandidate[], view: EndpointView): readonly EndpointCandidate[] {
  return (
    hinted(ready, ({ endpoint }) => endpoint.nodeHints, view.nodeName) ??
    hinted(ready, ({ endpoint }) => endpoint.zoneHints, view.zone) ??
    ready
  );
}

function hinted(
  ready: readonly EndpointCandidate[],
  hintsOf: (candidate: EndpointCandidate) => readonly string[],
  place: string | undefined,
): readonly EndpointCandidate[] | undefined {
  if (place === undefined || ready.some((candidate) => hintsOf(candidate).length === 0)) return undefined;
  const here = ready.filter((candidate) => hintsOf(candidate).includes(place));
  return here.length > 0 ? here : undefined;
}

function isLocalTo({ nodeName }: EndpointView): (candidate: EndpointCandidate) => boolean {
  return ({ endpoint }) => endpoint.nodeName === nodeName;
}

/** Sorted by address and port. Addresses are of one family; each is read once, since there can be thousands. */
function toEndpoints(candidates: readonly EndpointCandidate[], view: EndpointView): readonly Endpoint[] {
  const isLocal = isLocalTo(view);
  const sorted = candidates
    .map((candidate) => ({ candidate, bytes: addressBytes(candidate.endpoint.address) }))
    .toSorted(
      (left, right) => Buffer.compare(left.bytes, right.bytes) || left.candidate.port - right.candidate.port,
    )
    .map(({ candidate }) => candidate);
  const weights = relativeWeights(view.weigh(sorted));
  return sorted.map((candidate, index) => ({
    address: candidate.endpoint.address,
    port: candidate.port,
    local: isLocal(candidate),
    weight: weights[index] ?? defaultWeight,
  }));
}
